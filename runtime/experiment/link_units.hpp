#pragma once

#include "verge/model/round_time.hpp"

namespace verge {

/// What a rate may be, Mbit/s.
inline bool is_rate(double megabits) {
  return megabits == 0.0 || (megabits >= 0.001 && megabits <= 1e9);
}
inline constexpr const char* rate_words = "Mbit/s from 0.001 to 1e9, or 0 for no limit";

/// Of a rate as files give it: Mbit/s, 0 = no limit.
inline double bits_a_second(double megabits) {
  return megabits == 0.0 ? no_rate_limit : megabits * 1e6;
}

}  // namespace verge
