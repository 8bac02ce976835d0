#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/codecs/stages.hpp"

namespace verge::codecs {

/// Number of values in a share of `size` values: max(1, round(share * size)), or 0 if `size` is 0.
/// `share` must be above 0 and at most 1.
std::size_t count_of_share(double share, std::size_t size);

/// Writes into work.chosen, ascending, the places of the `count` values of the largest magnitude.
/// Among equal ones the lower places win. Zeros are never chosen, so the result is shorter where
/// fewer values are not zero. Uses work.words.
void choose_largest(std::span<const float> values, std::size_t count, workspace& work);

/// The places that choose_largest() reads first, to estimate the largest magnitudes: one in each of
/// `count` equal stretches. The distances between them change, because equal ones would always hit
/// the same columns of a matrix.
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
