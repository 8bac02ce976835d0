#pragma once

#include <span>
#include <string>
#include <string_view>

namespace verge {

/// The one of `known` that `word` was probably meant to be: the one that is the fewest insertions,
/// deletions, replacements and swaps of neighbours away (optimal string alignment). At most a third
/// of the letters of `word` may differ, but 1 always may. Case makes no difference. Empty if no
/// word is that near, or if `word` has more than 64 letters.
std::string near_word(std::string_view word, std::span<const std::string> known);

}  // namespace verge
