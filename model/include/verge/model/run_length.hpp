#pragma once

#include <cstdint>

#include "verge/messages/ids.hpp"
#include "verge/messages/local_work.hpp"

namespace verge {

/// How long a run is, in rounds and in passes over the data of its members. Fixed when round 1 opens: who joins or leaves
/// after that, and who is drawn, changes nothing of it, nor of a schedule that is told in epochs.
struct run_length {
  /// 0: not fixed yet.
  std::uint32_t rounds = 0;
  /// Share of the members' data that a round goes through. With local epochs of a cohort, where shards differ in
  /// size, the mean over all cohorts.
  double epochs_a_round = 0.0;
  /// Devices whose updates make a step.
  std::uint32_t updates = 0;

  double epochs() const { return rounds * epochs_a_round; }
  /// Those that the rounds before this one have gone through.
  double epochs_before(round_id round) const { return (round.value - 1.0) * epochs_a_round; }
  /// At least 1.
  std::uint32_t rounds_an_epoch() const;

  friend bool operator==(const run_length&, const run_length&) = default;
};

/// What is asked for: exactly one of the two is above 0.
struct wanted_length {
  std::uint32_t rounds = 0;
  double epochs = 0.0;
};

/// The members of a run when its length is fixed; at least one sample.
struct data_holders {
  std::uint32_t devices = 0;
  std::uint64_t samples = 0;
};

/// Epochs become whole rounds, at least one. `cohort`: devices whose updates a round wants; 0 = all. Throws bad_input
/// where these are more rounds than can be counted.
run_length fix_length(const wanted_length& wanted, const local_work& work, std::uint32_t cohort,
                      const data_holders& members);

}  // namespace verge
