#include "runtime/node/node_system.hpp"

#include <fmt/format.h>

#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include "messages/type_ids.hpp"
#include "runtime/node/openssl_error_queue.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/run.hpp"

namespace verge {

node_system::config::config(std::uint32_t threads, const std::optional<tls_files>& tls,
                            const link_timing& timing) {
  configure_scheduler(*this, threads);
  add_message_types<caf::id_block::verge>();
  add_message_type<device_actor>("verge::device_actor");
  add_message_type<session_actor>("verge::session_actor");
  load<caf::io::middleman>();
  if (tls) {
    keep_openssl_errors_apart();
    load<caf::openssl::manager>();
    openssl_certificate = tls->certificate.string();
    openssl_key = tls->key.string();
    openssl_cafile = tls->authority.string();
  }
  // Messages are read on the thread that receives them. A worker would need one more copy of each.
  set("middleman.workers", std::size_t{0});
  set("middleman.heartbeat-interval", caf::timespan{timing.heartbeat});
  set("middleman.connection-timeout", caf::timespan{timing.connection_timeout});
}

node_system::node_system(std::uint32_t threads, const std::optional<tls_files>& tls,
                         const link_timing& timing)
    : encrypted_(tls.has_value()), config_(threads, tls, timing), system_(config_) {
  // CAF's own actors, which other nodes could use to store data here. Verge does not need them.
  system_.registry().erase(caf::atom("ConfigServ"));
  system_.registry().erase(caf::atom("SpawnServ"));
  if (encrypted_)
    tls_failures_.emplace([this](const tls_failure& m) {
      // The listener hears the failed links of the whole process, so those of other systems are
      // skipped.
      const std::unique_lock lock{mutex_};
      const bool is_ours =
          m.at_server ? m.port == published_port_ : m.port == server_port_ || m.port == 0;
      if (is_ours) note_failure(m.at_server, m.address, m.reason);
    });
  else
    plain_.emplace(system_, [this](const plain_failure& m) {
      const std::unique_lock lock{mutex_};
      note_failure(m.at_server, m.address, m.reason);
    });
}

void node_system::note_failure(bool at_server, const std::string& address,
                               const std::string& reason) {
  if (!at_server)
    failure_ = reason;
  else if (on_failure_)
    on_failure_(address, reason);
}

std::uint16_t node_system::publish(const gate_actor& gate, const host_port& where,
                                   failure_handler on_failure) {
  if (!link_memory_) {
    link_memory_.emplace(system_);
    trimmer_.emplace(system_);
  }
  constexpr bool reuse_address = true;
  const auto port =
      encrypted_
          ? caf::openssl::publish(gate, where.port, where.host.c_str(), reuse_address)
          : caf::make_function_view(plain_->actor())(
                caf::publish_atom::value, where.port, caf::actor_cast<caf::strong_actor_ptr>(gate),
                system_.message_types(gate), where.host, reuse_address);
  if (!port) {
    // CAF does not pass on the system's error for a port.
    const auto reason = port.error() == caf::sec::cannot_open_port
                            ? std::string{}
                            : fmt::format(" ({})", system_.render(port.error()));
    throw bad_input(
        fmt::format("--listen {}: cannot listen there{}; expected an address of "
                    "this host and a port that is free",
                    where.text(), reason));
  }
  const std::lock_guard lock{mutex_};
  published_port_ = *port;
  on_failure_ = std::move(on_failure);
  return *port;
}

caf::expected<gate_actor> node_system::connect(const host_port& server) {
  {
    const std::lock_guard lock{mutex_};
    server_port_ = server.port;
    failure_.clear();
  }
  if (encrypted_) return caf::openssl::remote_actor<gate_actor>(system_, server.host, server.port);
  const auto answer =
      caf::make_function_view(plain_->actor())(caf::connect_atom::value, server.host, server.port);
  if (!answer) return answer.error();
  const auto& [node, actor, interface] = *answer;
  if (!actor) return caf::sec::no_actor_published_at_port;
  const auto wanted = system_.message_types(caf::detail::type_list<gate_actor>{});
  if (!system_.assignable(interface, wanted)) return caf::sec::unexpected_actor_messaging_interface;
  return caf::actor_cast<gate_actor>(actor);
}

std::string node_system::why_no_link(const caf::error& error) const {
  {
    const std::lock_guard lock{mutex_};
    if (!failure_.empty()) return failure_;
  }
  if (error == caf::sec::cannot_connect_to_node) return "nobody answers there";
  if (error == caf::sec::disconnect_during_handshake)
    return encrypted_
               ? "the other end breaks the connection off: it may not know this device's keys, "
                 "or speak without encryption"
               : "the other end breaks the connection off: it may speak with encryption only "
                 "(--keys)";
  return system_.render(error);
}

}  // namespace verge
