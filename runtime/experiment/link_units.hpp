#pragma once

#include "verge/model/round_time.hpp"

namespace verge {

/// True for a valid rate in Mbit/s.
inline bool is_rate(double megabits) {
  return megabits == 0.0 || (megabits >= 0.001 && megabits <= 1e9);
}
inline constexpr const char* rate_words = "Mbit/s from 0.001 to 1e9, or 0 for no limit";

/// Bits per second of a rate that a file gives in Mbit/s, where 0 = no limit.
inline double bits_a_second(double megabits) {
  return megabits == 0.0 ? no_rate_limit : megabits * 1e6;
}

}  // namespace verge
