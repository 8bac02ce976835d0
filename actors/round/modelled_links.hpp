#pragma once

#include <optional>
#include <vector>

#include "actors/server/server_events.hpp"
#include "model/link_times/device_links.hpp"

namespace verge {

/// The links that a run models for its devices. Nothing waits for them, but each round reports how
/// long it would have taken, and devices drop out of rounds. Immutable, so it can be shared between
/// threads.
struct modelled_links {
  device_links devices;
  server_link server;
  /// Modelled compute time per sample of a device whose profile has `compute` = 1. Unset: the time
  /// that the device measured is multiplied by its `compute`.
  std::optional<virtual_seconds> per_sample;

  struct modelled_round {
    /// Time until the last update has arrived.
    virtual_seconds time{};
    /// The longest computation of a device.
    virtual_seconds compute{};
  };

  /// The modelled times of a round with these loads. `order_bytes`: size of the order that each
  /// device was sent.
  modelled_round round_of(const std::vector<device_load>& loads, std::uint64_t order_bytes) const;
};

}  // namespace verge
