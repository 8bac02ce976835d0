#include "runtime/results/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace verge {

// Computes with differences to the first value, then to the mean. So close values, such as
// accuracies of several seeds, lose no digits by cancellation, and equal values have a deviation of
// 0.
std::optional<mean_and_deviation> statistics_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  double differences = 0.0;
  for (const double value : values) differences += value - values[0];
  mean_and_deviation found{values[0] + differences / count, {}};
  if (values.size() == 1) return found;
  double squares = 0.0;
  for (const double value : values) squares += (value - found.mean) * (value - found.mean);
  found.deviation = std::sqrt(squares / (count - 1.0));
  return found;
}

std::optional<value_range> range_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return value_range{*least, *most};
}

}  // namespace verge
