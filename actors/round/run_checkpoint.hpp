#pragma once

#include <caf/all.hpp>
#include <string>
#include <vector>

#include "actors/device/device_states.hpp"
#include "actors/round/round_state.hpp"
#include "actors/server/server_events.hpp"
#include "verge/actors/early_stop.hpp"
#include "verge/messages/round_result.hpp"

namespace verge {

/// Everything that a run needs to resume after a closed round. It is kept before any device is told
/// what became of the round's updates, because what a device has been told is never taken back.
struct run_checkpoint {
  server_checkpoint server;
  rounds_so_far rounds;
  /// By device number: the last round that used its update; 0 = none.
  std::vector<round_id> used_in;
  /// Ledger line of the closed round.
  round_result line;
  /// Evaluations of the rounds before it.
  tests_so_far tests;
  /// What the devices of this process keep. Devices in other processes keep their state themselves.
  device_states devices;
};

/// Stores checkpoints and keeps at least the last one. Answers with an empty string once the
/// checkpoint and the ledger lines of all rounds before it are on the disk, or with the reason why
/// they are not.
using checkpoint_keeper_actor =
    caf::typed_actor<caf::replies_to<run_checkpoint>::with<std::string>>;

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_checkpoint)
