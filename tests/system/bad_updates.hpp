#pragma once

#include <functional>
#include <string>
#include <vector>

#include "system/played_member.hpp"

// What a member that answers its rounds badly does, as device 3 of a run whose devices go through 8 samples in one
// step a round.

namespace verge::test {

/// What it does in one round.
struct attack {
  std::string name;
  /// What becomes of its update.
  update_fate fate = update_fate::refused;
  /// Returns the reasons that it was refused with; where that ends the update, first the one that does.
  std::function<std::vector<std::string>(played_member&, upload)> play;
};

/// With codec "none" and a model of two blocks of float64.
std::vector<attack> bad_offers(const manifest& layout);
std::vector<attack> bad_values(const manifest& layout);
std::vector<attack> bad_blocks(const manifest& layout);
/// What does no harm to the update that the device offers in the same round.
std::vector<attack> words_out_of_place();

/// With `codec`, which is topk with zstd behind it, and an mlp of float32.
std::vector<attack> bad_encodings(const manifest& layout, const std::string& codec);

}  // namespace verge::test
