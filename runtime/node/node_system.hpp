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

/// An actor system that talks to other processes, over mutual TLS where it is given files for that.
class node_system {
public:
  /// Hears that a link of the host `address` has come to nothing before anybody spoke to the gate, and why. Called by
  /// the thread that serves the links.
  using failure_handler =
      std::function<void(const std::string& address, const std::string& reason)>;

  node_system(std::uint32_t threads, const std::optional<tls_files>& tls,
              const link_timing& timing);

  caf::actor_system& actors() { return system_; }

  /// Lets devices reach `gate`. Returns the port, which is another one than `where`'s when that is 0. Throws
  /// bad_input when it cannot listen there.
  std::uint16_t publish(const gate_actor& gate, const host_port& where,
                        failure_handler on_failure = {});
  /// The gate of a server, or why there is none. Blocks until the connection is made or has failed.
  caf::expected<gate_actor> connect(const host_port& server);
  /// What has become of the connection that was made last, in words for who typed the address.
  std::string why_no_link(const caf::error& error) const;

private:
  struct config : caf::actor_system_config {
    config(std::uint32_t threads, const std::optional<tls_files>& tls, const link_timing& timing);
  };

  /// While mutex_ is held.
  void note_failure(bool at_server, const std::string& address, const std::string& reason);

  const bool encrypted_;

  // What the threads of the system below come to.
  mutable std::mutex mutex_;
  /// Where the gate is published, and who hears of strangers.
  std::uint16_t published_port_ = 0;
  failure_handler on_failure_;
  /// Where the last connection goes, and what is known of its failure.
  std::uint16_t server_port_ = 0;
  std::string failure_;

  config config_;
  caf::actor_system system_;
  /// One of the two, for links with encryption and without.
  std::optional<tls_failure_listener> tls_failures_;
  std::optional<plain_middleman> plain_;
  /// Of a server, which has many links.
  std::optional<link_memory_keeper> link_memory_;
  std::optional<memory_trimmer> trimmer_;
};

}  // namespace verge
