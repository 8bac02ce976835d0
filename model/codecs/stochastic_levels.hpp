#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "model/text/target_clones.hpp"

// Stochastic rounding of values within +-scale to the levels -most .. most, which are `step` apart:
//     level = floor(v * most / scale + u),   u = (r + 1/2) / 2^16,   r uniform in 16 bits.
// The expectation of level * step is v, up to 2^-17 step (of the 16 bits) and float rounding.

namespace verge::codecs {

struct level_grid {
  /// most / scale in units of 2^-23, rounded so that no value of magnitude <= scale exceeds most.
  float per_unit = 0.0f;
  /// scale / most, rounded so that most * step stays within the scale.
  float step = 0.0f;
};

/// `factor`, or the float below it where rounding alone made factor * times exceed `limit`.
inline float round_within(float factor, float times, float limit) {
  if (factor * times <= limit) return factor;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(factor) - 1);
}

inline float step_of(float scale, int most) {
  const auto levels = static_cast<float>(most);
  return round_within(scale / levels, levels, scale);
}

/// All zeros where `scale` is 0 or too small to divide by (below 2^-98), and then nothing is sent.
inline level_grid grid_of(float scale, int most) {
  const float ends = static_cast<float>(most) * 0x1p23f;
  const float per_unit = ends / scale;
  if (!std::isfinite(per_unit)) return {};
  return {round_within(per_unit, scale, ends), step_of(scale, most)};
}

/// The level of one value. It is computed in fixed point, so that the floor is a shift.
VERGE_ALWAYS_INLINE std::int32_t level_of(float value, float per_unit, std::uint16_t random) {
  const auto fixed = static_cast<std::int32_t>(value * per_unit);
  return (fixed + (std::int32_t{random} << 7 | 1 << 6)) >> 23;
}

}  // namespace verge::codecs
