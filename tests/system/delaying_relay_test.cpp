// The relay of the soak test, between two plain sockets.

#include "system/delaying_relay.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>
#include <string>

using namespace verge::test;

namespace {

using std::chrono::milliseconds;

struct socket_handle {
  explicit socket_handle(int descriptor = ::socket(AF_INET, SOCK_STREAM, 0)) : number(descriptor) {
    BOOST_REQUIRE(number >= 0);
  }
  ~socket_handle() { ::close(number); }
  socket_handle(const socket_handle&) = delete;
  socket_handle& operator=(const socket_handle&) = delete;

  void send(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto some = ::send(number, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      BOOST_REQUIRE(some > 0);
      sent += static_cast<std::size_t>(some);
    }
  }
  /// Returns fewer bytes where the connection ends before.
  std::string receive(std::size_t size) const {
    std::string bytes(size, '\0');
    const auto got = ::recv(number, bytes.data(), size, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  bool is_at_its_end() const { return receive(1).empty(); }

  const int number;
};

/// The server to which the relay connects.
struct listener {
  listener() { BOOST_REQUIRE(::listen(socket.number, 8) == 0); }
  std::unique_ptr<socket_handle> accept() const {
    return std::make_unique<socket_handle>(::accept(socket.number, nullptr, nullptr));
  }

  const socket_handle socket;
  const int port = bind_on_loopback(socket.number);
};

/// A relay and the two ends of a connection through it.
struct relayed_connection {
  explicit relayed_connection(message_delays delays)
      : relay(server_door.port, delays, 7), device(std::make_unique<socket_handle>()) {
    BOOST_REQUIRE(connect_on_loopback(device->number, relay.port()));
    server = server_door.accept();
  }

  listener server_door;
  delaying_relay relay;
  std::unique_ptr<socket_handle> device, server;
};

std::string message(std::uint8_t kind, std::uint32_t payload) {
  std::string bytes(32 + payload, static_cast<char>(payload));
  bytes[0] = static_cast<char>(kind);
  const auto length = htonl(payload);
  std::memcpy(bytes.data() + 4, &length, sizeof length);
  return bytes;
}

constexpr message_delays none{0.0, milliseconds{0}, milliseconds{0}};

}  // namespace

BOOST_AUTO_TEST_SUITE(delaying_relay_test)

BOOST_AUTO_TEST_CASE(messages_come_whole_and_in_their_order_in_both_directions) {
  relayed_connection link{{0.5, milliseconds{1}, milliseconds{3}}};
  std::mt19937 random{3};
  std::string all;
  constexpr std::uint64_t count = 200;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto one = message(random() % 7, i % 20 == 0 ? 200'000 : random() % 3'000);
    all += one;
    // It is also sent in pieces that are not messages.
    const auto half = random() % one.size();
    link.device->send(one.substr(0, half));
    link.device->send(one.substr(half));
  }
  BOOST_TEST((link.server->receive(all.size()) == all));
  link.server->send(all);
  BOOST_TEST((link.device->receive(all.size()) == all));
  const auto counted = link.relay.counted();
  BOOST_TEST(counted.messages == 2 * count);
  // Half of 400: outside of this once in some million seeds.
  BOOST_TEST(counted.delayed > 150u);
  BOOST_TEST(counted.delayed < 250u);
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_the_end_comes_before_the_end) {
  relayed_connection link{{1.0, milliseconds{50}, milliseconds{50}}};
  const auto last = message(2, 100);
  link.device->send(last);
  link.device.reset();
  BOOST_TEST((link.server->receive(last.size()) == last));
  BOOST_TEST(link.server->is_at_its_end());
}

BOOST_AUTO_TEST_CASE(a_cut_ends_both_sides) {
  relayed_connection link{none};
  link.relay.cut_one();
  BOOST_TEST(link.device->is_at_its_end());
  BOOST_TEST(link.server->is_at_its_end());
  BOOST_TEST(link.relay.counted().cut == 1u);
  BOOST_TEST(link.relay.open_connections() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_told) {
  relayed_connection link{none};
  link.device->send(message(7, 0));
  BOOST_TEST(link.server->is_at_its_end());
  BOOST_TEST(link.device->is_at_its_end());
  BOOST_TEST(link.relay.counted().garbled == 1u);
}

BOOST_AUTO_TEST_CASE(where_nobody_listens_there_is_no_connection) {
  delaying_relay relay{listener{}.port, none, 7};
  const socket_handle device;
  BOOST_REQUIRE(connect_on_loopback(device.number, relay.port()));
  BOOST_TEST(device.is_at_its_end());
}

BOOST_AUTO_TEST_SUITE_END()
