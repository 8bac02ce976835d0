#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "verge/model/manifest.hpp"

namespace verge {

/// Names the tensor of the first of `values` that has no place in a sum (first_unusable()), in one
/// sentence: "conv1.weight has a value that is not a number within +-1048576". Empty when all
/// values are usable. `values` start where `range` starts in its flat buffer, and are at most as
/// many as its elements.
std::string name_unusable(const manifest& layout, const block_range& range,
                          std::span<const std::byte> values);

/// The same for values that training has made, with advice. `what` names what has diverged: "the
/// model", "the update".
std::string why_diverged(std::string_view what, const manifest& layout, const block_range& range,
                         std::span<const std::byte> values);

/// Advice when training diverges.
inline constexpr std::string_view divergence_hint = "a lower learning rate may help";

}  // namespace verge
