#include "runtime/node/plain_middleman.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman_actor_impl.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/doorman_impl.hpp>
#include <caf/io/network/scribe_impl.hpp>
#include <memory>
#include <utility>

namespace verge {

namespace {

using namespace caf::io;

/// Number of bytes that tell CAF, TLS and other protocols apart.
constexpr std::size_t first_bytes = 2;

using teller = std::shared_ptr<const std::function<void(const plain_failure&)>>;

/// One link. Checks its first bytes when they have arrived, or when the link ends before that.
class watched_scribe final : public network::scribe_impl {
public:
  watched_scribe(network::default_multiplexer& multiplexer, network::native_socket socket,
                 bool at_server, teller tell)
      : scribe_impl(multiplexer, socket),
        at_server_(at_server),
        address_(addr()),
        tell_(std::move(tell)) {}

  bool consume(caf::execution_unit* host, const void* bytes, std::size_t size) override {
    look(static_cast<const char*>(bytes), size);
    return scribe_impl::consume(host, bytes, size);
  }

protected:
  /// Called when the link has ended. Received bytes are at the beginning of the buffer, and the
  /// rest of it is zero.
  caf::message detach_message() override {
    const auto& buffer = rd_buf();
    if (std::any_of(buffer.begin(), buffer.end(), [](char c) { return c != 0; }))
      look(buffer.data(), buffer.size());
    return scribe_impl::detach_message();
  }

private:
  void look(const char* bytes, std::size_t size) {
    if (std::exchange(has_looked_, true)) return;
    const auto why = why_no_first_bytes(at_server_, {bytes, std::min(size, first_bytes)});
    if (why) (*tell_)({at_server_, address_, *why});
  }

  const bool at_server_;
  const std::string address_;
  const teller tell_;
  bool has_looked_ = false;
};

class watched_doorman final : public network::doorman_impl {
public:
  watched_doorman(network::default_multiplexer& multiplexer, network::native_socket socket,
                  teller tell)
      : doorman_impl(multiplexer, socket), tell_(std::move(tell)) {}

  /// The same as CAF's own function, but with watched_scribe.
  bool new_connection() override {
    if (detached()) return false;
    auto& multiplexer = acceptor_.backend();
    const auto socket = acceptor_.accepted_socket();
    network::nonblocking(socket, true);
    auto link = caf::make_counted<watched_scribe>(multiplexer, socket, true, tell_);
    const auto handle = link->hdl();
    parent()->add_scribe(std::move(link));
    return doorman::new_connection(&multiplexer, handle);
  }

private:
  const teller tell_;
};

class watched_middleman final : public middleman_actor_impl {
public:
  watched_middleman(caf::actor_config& config, caf::actor broker, teller tell)
      : middleman_actor_impl(config, std::move(broker)), tell_(std::move(tell)) {}

protected:
  caf::expected<scribe_ptr> connect(const std::string& host, std::uint16_t port) override {
    auto socket = network::new_tcp_connection(host, port);
    if (!socket) return std::move(socket.error());
    network::nonblocking(*socket, true);
    return caf::make_counted<watched_scribe>(multiplexer(), *socket, false, tell_);
  }

  caf::expected<doorman_ptr> open(std::uint16_t port, const char* address, bool reuse) override {
    auto socket = network::new_tcp_acceptor_impl(port, address, reuse);
    if (!socket) return std::move(socket.error());
    return caf::make_counted<watched_doorman>(multiplexer(), *socket, tell_);
  }

private:
  network::default_multiplexer& multiplexer() {
    return static_cast<network::default_multiplexer&>(system().middleman().backend());
  }

  const teller tell_;
};

}  // namespace

plain_middleman::plain_middleman(caf::actor_system& system,
                                 std::function<void(const plain_failure&)> tell)
    : system_(system),
      // It needs a thread of its own, because connecting blocks.
      actor_(caf::actor_cast<caf::io::middleman_actor>(
          system.spawn<watched_middleman, caf::detached + caf::hidden>(
              system.middleman().named_broker<basp_broker>(caf::atom("BASP")),
              std::make_shared<const std::function<void(const plain_failure&)>>(
                  std::move(tell))))) {}

plain_middleman::~plain_middleman() {
  caf::scoped_actor self{system_, true};
  self->send_exit(actor_, caf::exit_reason::kill);
  self->wait_for(actor_);
}

std::optional<std::string> why_no_first_bytes(bool at_server, const std::string& bytes) {
  // A TLS record begins with its type and its version, whose first byte is 3.
  constexpr char tls_alert = 0x15, tls_handshake = 0x16, tls_version = 0x03;
  // A message of BASP, CAF's protocol, begins with its type.
  constexpr char server_handshake = 0x00, client_handshake = 0x01;
  if (bytes.size() < first_bytes) return std::nullopt;
  if (bytes[1] == tls_version && (bytes[0] == tls_alert || bytes[0] == tls_handshake))
    return at_server ? "it speaks with encryption, this server without; expected --keys at both "
                       "ends or at none"
                     : "the server speaks with encryption; expected --keys DIR with keys that it "
                       "knows";
  if (bytes[0] == (at_server ? client_handshake : server_handshake)) return std::nullopt;
  return at_server ? "what it says is nothing of verge's" : "what answers there is no verge server";
}

}  // namespace verge
