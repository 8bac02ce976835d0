#pragma once

#include <caf/all.hpp>
#include <string>
#include <utility>
#include <vector>

#include "verge/actors/device_memory.hpp"
#include "verge/actors/events.hpp"
#include "verge/actors/round_state.hpp"
#include "verge/messages/round_result.hpp"
#include "verge/model/model_state.hpp"
#include "verge/model/residual.hpp"

namespace verge {

/// What the server is made of between two rounds. Shares its memory: good until the next commit.
struct server_checkpoint {
  model_version version;
  model_state model;
  /// server_rule::memory().
  std::vector<flat_buffer> rule;
  /// What the devices have not been sent yet of the steps so far.
  residual_state owed_down;
};

/// What the devices of this process keep from round to round, where they keep anything; in the order of their numbers.
struct device_states {
  std::vector<std::pair<device_id, residual_state>> residuals;
  std::vector<std::pair<device_id, unsettled_state>> memories;
};

/// Asks devices and their compressors for it.
using device_states_actor = caf::typed_actor<caf::replies_to<checkpoint_atom>::with<device_states>>;

/// All that a run needs to go on after a closed round. It is kept before anybody is told what became of the
/// round's updates: what a device has heard is never taken back.
struct run_checkpoint {
  server_checkpoint server;
  rounds_so_far rounds;
  /// By device number: the last round that used its update; 0 = none.
  std::vector<round_id> used_in;
  /// Of that round.
  round_result line;
  /// Of the rounds before it.
  tests_so_far tests;
  /// Of devices in other processes there is none: they keep it themselves.
  device_states devices;
};

/// Keeps checkpoints, the last one at least. Answers when it is on the disk, and all ledger lines of the
/// rounds before; or why it is not.
using checkpoint_keeper_actor =
    caf::typed_actor<caf::replies_to<run_checkpoint>::with<std::string>>;

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::server_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_states)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_checkpoint)
