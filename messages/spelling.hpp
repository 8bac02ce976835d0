#pragma once

#include <span>
#include <string>
#include <string_view>

namespace verge {

/// The one of `known` that `word` was probably meant to be: the fewest insertions, deletions,
/// replacements and swaps of neighbours away (optimal string alignment), if those are at most a
/// third of the word's letters; case makes no difference. Empty if none is that near.
std::string near_word(std::string_view word, std::span<const std::string> known);

}  // namespace verge
