#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "model/aggregation/order_free_mean.hpp"
#include "model/text/target_clones.hpp"

// The common parts of coders that send a scale and small integers.

namespace verge::codecs {

/// Whether every value of magnitude at most `scale`, which comes from outside, is usable. The bits
/// of a float compare like integers: negative, NaN and infinite scales all lie above the limit.
inline bool usable_scale(float scale) {
  return std::bit_cast<std::uint32_t>(scale) <=
         std::bit_cast<std::uint32_t>(static_cast<float>(order_free_mean::largest_value));
}

inline std::string unusable_scale(float scale) {
  return fmt::format("a scale of {}, expected 0 to {}", scale, order_free_mean::largest_value);
}

/// Largest |v|. It is computed in integers, whose maximum g++ vectorises. For floats the rules of
/// NaN prevent that.
VERGE_ALWAYS_INLINE float largest_magnitude(const float* values, std::size_t count) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = std::bit_cast<std::int32_t>(values[i]) & 0x7FFFFFFF;
    largest = magnitude > largest ? magnitude : largest;
  }
  return std::bit_cast<float>(largest);
}

/// largest_magnitude() as a function, compiled for this processor.
float largest_of(std::span<const float> values);

/// Sum of term(i), i < count, in double. A fixed number of lanes is added in a fixed order, so the
/// sum vectorises and has the same bits on every processor.
template <class Term>
VERGE_ALWAYS_INLINE double sum_in_lanes(std::size_t count, Term term) {
  constexpr std::size_t lanes = 16;
  double sums[lanes] = {};
  const std::size_t rest = count % lanes;
  for (std::size_t i = 0; i < count - rest; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += term(i + l);
  for (std::size_t l = 0; l < rest; ++l) sums[l] += term(count - rest + l);
  for (std::size_t width = lanes / 2; width > 0; width /= 2)
    for (std::size_t l = 0; l < width; ++l) sums[l] += sums[l + width];
  return sums[0];
}

}  // namespace verge::codecs
