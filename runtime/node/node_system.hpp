#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "actors/gate/gate.hpp"
#include "runtime/node/link_memory.hpp"
#include "runtime/node/memory_trimmer.hpp"
#include "runtime/node/plain_middleman.hpp"
#include "runtime/node/tls_failures.hpp"
#include "verge/runtime/keyring.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge {

/// An actor system that talks to other processes, over mutual TLS where it is given `tls`.
class node_system {
public:
  /// Hears that a link from the host `address` failed before it reached the gate, and why. Called
  /// by the thread that serves the links.
  using failure_handler =
      std::function<void(const std::string& address, const std::string& reason)>;

  node_system(std::uint32_t threads, const std::optional<tls_files>& tls,
              const link_timing& timing);

  caf::actor_system& actors() { return system_; }

  /// Lets devices reach `gate`. Returns the port: that of `where`, or a free port if it is 0.
  /// Throws bad_input when it cannot listen there.
  std::uint16_t publish(const gate_actor& gate, const host_port& where,
                        failure_handler on_failure = {});
  /// The gate of a server, or the error. Blocks until the connection is made or has failed.
  caf::expected<gate_actor> connect(const host_port& server);
  /// Why the last connection failed, in words for the person who typed the address.
  std::string why_no_link(const caf::error& error) const;

private:
  struct config : caf::actor_system_config {
    config(std::uint32_t threads, const std::optional<tls_files>& tls, const link_timing& timing);
  };

  /// The caller must hold mutex_.
  void note_failure(bool at_server, const std::string& address, const std::string& reason);

  const bool encrypted_;

  // Protects the members below, which the threads of the system also use.
  mutable std::mutex mutex_;
  /// The port of the gate, and the handler of failed links.
  std::uint16_t published_port_ = 0;
  failure_handler on_failure_;
  /// The server's port of the last connection, and the reason of its failure as far as it is known.
  std::uint16_t server_port_ = 0;
  std::string failure_;

  config config_;
  caf::actor_system system_;
  /// One of the two is set: the first with encryption, the second without.
  std::optional<tls_failure_listener> tls_failures_;
  std::optional<plain_middleman> plain_;
  /// Set for a server only, which has many links.
  std::optional<link_memory_keeper> link_memory_;
  std::optional<memory_trimmer> trimmer_;
};

}  // namespace verge
