#pragma once

#include <vector>

#include "actors/round/member_links.hpp"
#include "actors/round/round_state.hpp"
#include "verge/messages/round_result.hpp"

namespace verge {

/// A round that is committed or abandoned, from its closing until everybody has been told: its
/// ledger line and the outcome for each device of its cohort.
struct closed_round {
  struct outcome {
    device_id device;
    update_fate fate = update_fate::lost;
    sealed<round_outcome> message;
    /// The device had a connection when the round was closed, so the bytes of the message count for
    /// this round.
    bool is_counted = false;
  };

  round_result line;
  std::vector<outcome> outcomes;

  /// Bytes of the outcomes with `is_counted`.
  std::uint64_t bytes_down() const;
  /// By device number: the last round that used its update, this one included.
  std::vector<round_id> used_in(const member_links& links) const;
};

/// Makes the outcomes and the ledger line, except for bytes, times and evaluation.
closed_round close_round(const command::close& close, model_version version,
                         const member_links& links);

}  // namespace verge
