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

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_checkpoint)
