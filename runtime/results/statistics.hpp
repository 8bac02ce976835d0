#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace verge {

/// Statistics of repeated measurements.
struct mean_and_deviation {
  double mean = 0.0;
  /// Standard deviation of the sample, with n - 1; unset for a single value.
  std::optional<double> deviation;

  friend bool operator==(const mean_and_deviation&, const mean_and_deviation&) = default;
};

/// Unset without values.
std::optional<mean_and_deviation> statistics_of(const std::vector<double>& values);

/// From the smallest of some values to the largest.
struct value_range {
  double least = 0.0;
  double most = 0.0;

  friend bool operator==(const value_range&, const value_range&) = default;
};

/// Unset without values.
std::optional<value_range> range_of(const std::vector<double>& values);

}  // namespace verge
