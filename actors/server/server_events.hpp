#pragma once

// The messages between the coordinator and the server.

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

/// Coordinator to server, before the cohort is asked: open a round, in which these updates are
/// valid.
struct begin_round {
  round_id round;
  local_work work;
  std::vector<asked_device> cohort;
  /// Sum of the weights if every device of the run were asked.
  std::uint64_t all_weight = 0;
};

/// Coordinator to server: the device's connection has ended. It may download again, and offer its
/// update once more.
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

/// Coordinator to server: the barrier is reached, so move the model by the mean of the updates in
/// the sum.
struct commit_round {
  round_id round;
};

/// Coordinator to server: drop the updates of the round and leave the model as it is.
struct abandon_round {
  round_id round;
};

/// The bytes that a device of the round's cohort moved over its link, as far as the server has seen
/// them, and the computation time that the device reported.
struct device_load {
  device_id device;
  /// Samples that its work goes through.
  std::uint64_t samples = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::chrono::duration<double> compute{};
};

/// Server to coordinator: the answer to commit_round, and to abandon_round with no updates.
struct committed_round {
  model_version version;
  std::vector<counted_update> updates;
  /// Bytes of encoded messages from and to devices since the last round was closed.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// In the order of the device numbers.
  std::vector<device_load> loads;
  /// Why the model could not be moved; empty if it was. Nothing has changed after a failure.
  std::string failure;
};

/// The state of the server between two rounds. It shares the server's memory and is valid until the
/// next commit.
struct server_checkpoint {
  model_version version;
  model_state model;
  /// server_rule::memory().
  std::vector<flat_buffer> rule;
  /// The part of the steps so far that the devices have not been sent yet.
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
