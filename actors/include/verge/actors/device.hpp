#pragma once

#include <caf/all.hpp>
#include <memory>
#include <string>
#include <vector>

#include "verge/actors/compressor.hpp"
#include "verge/actors/events.hpp"
#include "verge/actors/server.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// One holder of a shard. Its data goes to the trainers of its own process and nowhere else.
///
///   hears           from          does
///   open_round      coordinator   downloads, has the work done, compresses, uploads
///   round_outcome   coordinator   tells its compressor; the round is over
///   stop            coordinator   ends
///
/// Asked for a new round while it is busy with an old one, it lets the old one go.
using device_actor = caf::typed_actor<caf::reacts_to<sealed<open_round>>,     //
                                      caf::reacts_to<sealed<round_outcome>>,  //
                                      caf::reacts_to<stop_atom>>;

/// What the devices of one process share. A device itself is little more than an actor and a pointer
/// to this, so that a million of them fit.
struct device_host {
  std::uint64_t run = 0;
  manifest layout;
  std::string manifest_hash;
  server_actor server;
  /// Device d has its codec state with compressors[d % size]: several, so that they work at the same time.
  std::vector<compressor_actor> compressors;
  /// The server sends steps to those who hold an earlier version, not always the whole model.
  bool downloads_steps = false;
  trainer_pool_actor trainers;
  /// Blocks that are asked for, or sent, before the first is answered.
  std::uint32_t window = 8;
};

}  // namespace verge
