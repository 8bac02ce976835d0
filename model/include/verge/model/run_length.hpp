#pragma once

#include <cstdint>

#include "verge/messages/ids.hpp"
#include "verge/messages/local_work.hpp"

namespace verge {

/// The length of a run, in rounds and in passes over the data of its members. It is fixed when
/// round 1 opens. Later joins, leaves and draws of cohorts do not change it, nor a schedule in
/// epochs.
struct run_length {
  /// Number of rounds; 0 = not fixed yet.
  std::uint32_t rounds = 0;
  /// Share of the members' data that one round goes through. With local epochs, a cohort and shards
  /// of different sizes, this is the mean over all cohorts.
  double epochs_a_round = 0.0;
  /// Number of devices whose updates make one step of the model.
  std::uint32_t updates = 0;

  double epochs() const { return rounds * epochs_a_round; }
  /// Epochs that the rounds before this one have gone through.
  double epochs_before(round_id round) const { return (round.value - 1.0) * epochs_a_round; }
  /// Rounds per epoch, at least 1.
  std::uint32_t rounds_an_epoch() const;

  friend bool operator==(const run_length&, const run_length&) = default;
};

/// The requested length. Exactly one of the two is above 0.
struct wanted_length {
  std::uint32_t rounds = 0;
  double epochs = 0.0;
};

/// The members of a run when its length is fixed. Together they hold at least one sample.
struct data_holders {
  std::uint32_t devices = 0;
  std::uint64_t samples = 0;
};

/// Rounds epochs to whole rounds, at least one. `cohort` is the number of devices whose updates a
/// round wants; 0 = all. Throws bad_input where epochs make more than 1e9 rounds.
run_length fix_length(const wanted_length& wanted, const local_work& work, std::uint32_t cohort,
                      const data_holders& members);

}  // namespace verge
