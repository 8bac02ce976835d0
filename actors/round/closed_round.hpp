#pragma once

#include <vector>

#include "actors/round/member_links.hpp"
#include "actors/round/round_state.hpp"
#include "verge/messages/round_result.hpp"

namespace verge {

/// A round that is in the model, or abandoned, until everybody has been told: its line of the ledger, and what its
/// cohort is to hear.
struct closed_round {
  struct outcome {
    device_id device;
    update_fate fate = update_fate::lost;
    sealed<round_outcome> message;
    /// The device has a connection, so its bytes are this round's.
    bool is_counted = false;
  };

  round_result line;
  std::vector<outcome> outcomes;

  /// Bytes of the outcomes that are counted.
  std::uint64_t bytes_down() const;
  /// The round that used each device's last update, this one included.
  std::vector<round_id> used_in(const member_links& links) const;
};

/// All of the line but bytes, time and evaluation.
closed_round close_round(const command::close& close, model_version version,
                         const member_links& links);

}  // namespace verge
