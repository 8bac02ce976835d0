#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "link_memory.hpp"
#include "memory_trimmer.hpp"
#include "verge/actors/gate.hpp"
#include "verge/runtime/keyring.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge {

/// An actor system that talks to other processes, over mutual TLS where it is given files for that.
class node_system {
public:
  node_system(std::uint32_t threads, const std::optional<tls_files>& tls,
              const link_timing& timing);

  caf::actor_system& actors() { return system_; }

  /// Lets devices reach `gate`. Returns the port, which is another one than `where`'s when that is 0. Throws
  /// bad_input when it cannot listen there.
  std::uint16_t publish(const gate_actor& gate, const host_port& where);
  /// The gate of a server, or why there is none. Blocks until the connection is made or has failed.
  caf::expected<gate_actor> connect(const host_port& server);
  /// What has become of a connection, in words for who typed the address.
  std::string why_no_link(const caf::error& error) const;

private:
  struct config : caf::actor_system_config {
    config(std::uint32_t threads, const std::optional<tls_files>& tls, const link_timing& timing);
  };

  const bool encrypted_;
  config config_;
  caf::actor_system system_;
  /// Of a server, which has many links.
  std::optional<link_memory_keeper> link_memory_;
  std::optional<memory_trimmer> trimmer_;
};

}  // namespace verge
