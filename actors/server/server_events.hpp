#pragma once

// What the coordinator and the server tell each other.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/server/asked_device.hpp"
#include "model/codecs/residual.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/actors/model_snapshot.hpp"
#include "verge/messages/local_work.hpp"
#include "verge/model/model_state.hpp"

namespace verge {

/// Coordinator to server, before the cohort is asked: what updates of this round may look like.
struct begin_round {
  round_id round;
  local_work work;
  std::vector<asked_device> cohort;
  /// What the weights would add up to if every device of the run were asked.
  std::uint64_t all_weight = 0;
};

/// Coordinator to server: the device's connection has ended. It may download again, and offer its update once more.
struct forget_device {
  device_id device;
};

/// Server to coordinator: an update is in the sum, or never will be.
struct update_settled {
  round_id round;
  device_id device;
  bool counted = false;
  std::string reason;
};

/// Coordinator to server: the barrier is reached; move the model by what has been summed.
struct commit_round {
  round_id round;
};

/// Coordinator to server: drop what there is of the round; the model stays as it is.
struct abandon_round {
  round_id round;
};

/// What a device of the round's cohort moved over its link, as far as the server has seen it, and for how long it says
/// it has computed.
struct device_load {
  device_id device;
  /// Samples that its work goes through.
  std::uint64_t samples = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::chrono::duration<double> compute{};
};

/// Server to coordinator, the answer to a commit, or without updates to abandon_round.
struct committed_round {
  model_version version;
  std::vector<counted_update> updates;
  /// Encoded messages from and to devices since the last commit.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// In the order of the devices.
  std::vector<device_load> loads;
  /// Not empty: the model could not be moved, and why. Nothing has changed then.
  std::string failure;
};

/// What the server is made of between two rounds. Shares its memory: good until the next commit.
struct server_checkpoint {
  model_version version;
  model_state model;
  /// server_rule::memory().
  std::vector<flat_buffer> rule;
  /// What the devices have not been sent yet of the steps so far.
  residual_state owed_down;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::begin_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::forget_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::update_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::commit_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::abandon_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::committed_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::server_checkpoint)
