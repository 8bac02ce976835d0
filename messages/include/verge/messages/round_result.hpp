#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verge/messages/ids.hpp"

namespace verge {

/// How far a round was from the quorum that it missed.
struct missed_quorum {
  std::uint32_t asked = 0;
  /// With an update, before the round was closed; and how many of those updates were refused.
  std::uint32_t answered = 0;
  std::uint32_t refused = 0;
  /// Updates that a commit takes.
  std::uint32_t wanted = 0;

  friend bool operator==(const missed_quorum&, const missed_quorum&) = default;
};

/// "missed its quorum: 11 of 20 answered, 12 are wanted".
std::string text_of(const missed_quorum& missed);

/// What one round came to: one line of the ledger, and what listeners of a run receive. A round that was abandoned, for it
/// missed its quorum, has `used` 0, the version before it and a NaN for its loss. Values only, so it is copied freely
/// between actors of one process.
struct round_result {
  round_id round;
  model_version version;
  /// Passes over the union of all data so far: samples used / samples that devices hold or held, so 0.5 is half an epoch.
  double epoch = 0.0;
  /// Devices asked, and what became of their updates. cohort = used + late + lost + refused.
  std::uint32_t cohort = 0;
  std::uint32_t used = 0;
  std::uint32_t late = 0;
  std::uint32_t lost = 0;
  std::uint32_t refused = 0;
  /// Encoded messages between the server's side and the devices in this round, framing included.
  /// 0 in both directions when the only device sits with the server (centralized).
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Mean loss of the local steps, weighted as the updates are.
  double train_loss = 0.0;
  /// Of a round that was abandoned. Not in ledgers, where `used` is 0 then.
  std::optional<missed_quorum> missed;
  /// An evaluation_result of this round will follow.
  bool evaluated = false;
  /// It follows only because the run is stopped here: a run that goes on does without it.
  bool evaluated_at_stop = false;
  /// The longest that a device has computed: as its processor's time was measured there, or as it is modelled.
  /// Absent in ledgers of versions that did not measure.
  std::optional<std::chrono::duration<double>> compute;
  /// Since the start of the run.
  std::chrono::duration<double> wall{};
  /// Since the start of the run, as modelled on the devices' links; absent while the run models no links.
  std::optional<std::chrono::duration<double>> virtual_time;
};

/// What an evaluation of one committed model on the test set came to.
struct evaluation_result {
  round_id round;
  model_version version;
  double epoch = 0.0;
  /// Share of test samples classified correctly, 0..1.
  double accuracy = 0.0;
  /// Mean cross-entropy on the test set.
  double loss = 0.0;
  /// Of the test samples of each label; absent where there is none.
  std::vector<std::optional<double>> accuracy_by_label = {};
};

}  // namespace verge
