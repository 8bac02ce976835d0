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
  /// Devices that sent an update before the round was closed, and how many of those updates were
  /// refused.
  std::uint32_t answered = 0;
  std::uint32_t refused = 0;
  /// Number of updates that a commit needs.
  std::uint32_t wanted = 0;

  friend bool operator==(const missed_quorum&, const missed_quorum&) = default;
};

/// "missed its quorum: 11 of 20 answered, 12 are wanted".
std::string text_of(const missed_quorum& missed);

/// The result of one round: one line of the ledger, and what listeners of a run receive. A round
/// that was abandoned because it missed its quorum has `used` 0, the version before the round and a
/// NaN as its loss. It holds values only, so actors of one process copy it freely.
struct round_result {
  round_id round;
  model_version version;
  /// Passes over the union of all data so far: samples used / samples that devices hold or have
  /// held. 0.5 is half an epoch.
  double epoch = 0.0;
  /// Devices asked, and what became of their updates: cohort = used + late + lost + refused.
  std::uint32_t cohort = 0;
  std::uint32_t used = 0;
  std::uint32_t late = 0;
  std::uint32_t lost = 0;
  std::uint32_t refused = 0;
  /// Bytes of the encoded messages between the server's side and the devices in this round, framing
  /// included. 0 in both directions when the only device sits with the server (centralized).
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Mean loss of the local steps, with the same weights as the updates.
  double train_loss = 0.0;
  /// Set only for a round that was abandoned. Ledgers do not hold it, but `used` is 0 there.
  std::optional<missed_quorum> missed;
  /// An evaluation_result of this round will follow.
  bool evaluated = false;
  /// The evaluation follows only because the run is stopped here. A run that continues goes without
  /// it.
  bool evaluated_at_stop = false;
  /// The longest compute time of a device in this round: processor time as the device measured it,
  /// or modelled time. Absent in ledgers of versions that did not measure it.
  std::optional<std::chrono::duration<double>> compute;
  /// Since the start of the run.
  std::chrono::duration<double> wall{};
  /// Time since the start of the run, as modelled on the devices' links; absent if the run models
  /// no links.
  std::optional<std::chrono::duration<double>> virtual_time;
};

/// The result of an evaluation of one committed model on the test set.
struct evaluation_result {
  round_id round;
  model_version version;
  double epoch = 0.0;
  /// Share of test samples classified correctly, 0..1.
  double accuracy = 0.0;
  /// Mean cross-entropy on the test set.
  double loss = 0.0;
  /// Accuracy by label; absent for a label without test samples.
  std::vector<std::optional<double>> accuracy_by_label = {};
};

}  // namespace verge
