#pragma once

#include <optional>
#include <vector>

#include "actors/server/server_events.hpp"
#include "model/link_times/device_links.hpp"

namespace verge {

/// Links that a run pretends its devices have. Nothing waits for them, but each round says how long it would have
/// taken, and devices drop out of rounds. Immutable, so shared at will.
struct modelled_links {
  device_links devices;
  server_link server;
  /// Of a device whose profile's compute is 1, for each sample that it goes through; nothing: as it was measured.
  std::optional<virtual_seconds> per_sample;

  struct modelled_round {
    /// Until its last update has arrived.
    virtual_seconds time{};
    /// The longest computation of a device.
    virtual_seconds compute{};
  };

  /// Of a round with these loads. `order_bytes`: of the order that each device was sent.
  modelled_round round_of(const std::vector<device_load>& loads, std::uint64_t order_bytes) const;
};

}  // namespace verge
