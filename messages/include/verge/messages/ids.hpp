#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace verge {

/// A plain integer for a round could be passed where a device is meant. A strong_id is the number
/// of one kind of thing, and two kinds never convert into each other.
template <class Tag, class Rep>
struct strong_id {
  using rep = Rep;

  Rep value{};

  friend constexpr auto operator<=>(strong_id, strong_id) = default;
};

/// A device of one run: 0 .. count - 1.
using device_id = strong_id<struct device_tag, std::uint32_t>;

/// A round of one run, counted from 1; 0 is "before the first round".
using round_id = strong_id<struct round_tag, std::uint32_t>;

/// Number of rounds that the model has committed; the initial model has version 0.
using model_version = strong_id<struct version_tag, std::uint64_t>;

/// Number of a block of an update or a model: parameter blocks come first, then statistics blocks.
using block_index = strong_id<struct block_tag, std::uint32_t>;

}  // namespace verge

template <class Tag, class Rep>
struct std::hash<verge::strong_id<Tag, Rep>> {
  std::size_t operator()(verge::strong_id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
