#pragma once

#include <functional>
#include <string>
#include <vector>

#include "system/played_member.hpp"

// The actions of a member that answers its rounds badly. It is device 3 of a run whose devices go
// through 8 samples per round, in one step.

namespace verge::test {

/// The member's action in one round.
struct attack {
  std::string name;
  /// The outcome of its update.
  update_fate fate = update_fate::refused;
  /// Returns the reasons of the refusals. If one of them ends the update, it is the first.
  std::function<std::vector<std::string>(played_member&, upload)> play;
};

/// Actions with codec "none" and a model of two blocks of float64.
std::vector<attack> bad_offers(const manifest& layout);
std::vector<attack> bad_values(const manifest& layout);
std::vector<attack> bad_blocks(const manifest& layout);
/// Actions that do not harm the update that the device offers in the same round.
std::vector<attack> words_out_of_place();

/// Actions with `codec`, which is topk followed by zstd, and an mlp of float32.
std::vector<attack> bad_encodings(const manifest& layout, const std::string& codec);

}  // namespace verge::test
