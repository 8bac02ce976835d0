#pragma once

#include <limits>
#include <string_view>

namespace verge {

/// The numbers that a key takes, and how they are called in a problem. NaN and infinities are never
/// among them.
struct number_range {
  double least;
  bool least_included;
  double most;
  bool most_included;
  std::string_view words;
};

inline constexpr double no_limit = std::numeric_limits<double>::max();
inline constexpr number_range above_zero{0, false, no_limit, true, "a number above 0"};
inline constexpr number_range zero_or_more{0, true, no_limit, true, "a number of 0 or more"};
inline constexpr number_range share_above_zero{0, false, 1, true, "a number above 0, at most 1"};
inline constexpr number_range share_below_one{0, true, 1, false, "a number from 0 to below 1"};

}  // namespace verge
