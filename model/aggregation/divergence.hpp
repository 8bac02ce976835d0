#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "verge/model/manifest.hpp"

namespace verge {

/// The first of `values` that has no place in a sum (first_unusable()), as a sentence that names its tensor: "conv1.weight
/// has a value that is not a number within +-1048576"; empty when all have one. `values` begin where `range` begins in its
/// flat buffer, and are no more than its elements.
std::string name_unusable(const manifest& layout, const block_range& range,
                          std::span<const std::byte> values);

/// The same of values that training has made, with what may help. `what` has diverged: "the model", "the update".
std::string why_diverged(std::string_view what, const manifest& layout, const block_range& range,
                         std::span<const std::byte> values);

/// What helps where training diverges.
inline constexpr std::string_view divergence_hint = "a lower learning rate may help";

}  // namespace verge
