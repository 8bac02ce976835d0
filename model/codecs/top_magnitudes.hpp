#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/codecs/stages.hpp"

namespace verge::codecs {

/// How many values a share of them is: max(1, round(share * size)), 0 of none. 0 < share <= 1.
std::size_t count_of_share(double share, std::size_t size);

/// Writes into work.chosen, ascending, the places of the `count` values of the largest magnitude;
/// of equal ones those at the lower places. Zeros are never chosen, so there are fewer when fewer
/// values are not zero. Uses work.words.
void choose_largest(std::span<const float> values, std::size_t count, workspace& work);

/// The places that choose_largest() looks at first, to estimate what the largest magnitudes are:
/// one of each of `count` equal stretches. At changing distances, or all rows of a matrix would be
/// seen at the same columns.
struct magnitude_sample {
  explicit magnitude_sample(std::size_t values);

  std::size_t place(std::size_t i) const {
    const auto within = std::uint32_t{0x9E3779B9} * static_cast<std::uint32_t>(i);
    return i * width + (within * std::uint64_t{width} >> 32);
  }

  std::size_t count;
  std::size_t width;
};

}  // namespace verge::codecs
