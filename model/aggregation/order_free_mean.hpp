#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "verge/messages/shared_bytes.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// The weighted mean of equally long runs of values, the same to the bit in whatever order they come.
///
/// Every value x with weight q adds round(x * q / Q * 2^42) to a 64-bit integer, where Q is the power
/// of two at or above the most weight a round can bring; integers add without rounding, so the order
/// is lost. Because all q together stay at or below Q, a sum of values within +-largest_value cannot
/// overflow. The error of the mean, beside its rounding to the scalar type, is at most 2^-42 times the
/// number of runs where at least half of Q came, more by Q / (2 weight()) where less did, and 2^-53 of
/// the largest value where a product x * q does not fit a double.
///
/// Where only one run is expected, the mean is that run: it is held as it came (shared, not copied). So one
/// device alone loses no bit.
///
/// Holds one 64-bit integer a value, whatever the number of runs, and nothing of the runs themselves; or one run.
/// Not thread-safe.
class order_free_mean {
public:
  /// Values beyond +-2^20 have no place in the sum; check with first_unusable() before add().
  static constexpr double largest_value = 1048576.0;

  order_free_mean(scalar type, std::size_t elements);

  /// Forgets everything and makes room for at most `most_runs` runs, whose weights sum to at most `most_weight`
  /// (both >= 1).
  void begin(std::uint64_t most_weight, std::uint64_t most_runs);

  /// `values` holds elements() usable values of the scalar type.
  void add(const shared_bytes& values, std::uint64_t weight);

  /// Sum of the weights added.
  std::uint64_t weight() const { return weight_; }
  std::size_t elements() const { return elements_; }

  /// Writes elements() values of the scalar type. weight() > 0.
  void write(std::span<std::byte> mean) const;

private:
  scalar type_;
  std::size_t elements_;
  /// 2^42 / Q.
  double scale_ = 0.0;
  std::uint64_t weight_ = 0;
  bool is_alone_ = false;
  shared_bytes the_one_;
  /// elements() integers, from the first add() on.
  std::shared_ptr<std::byte> sums_;
};

/// Index of the first value that is not a number or lies beyond +-order_free_mean::largest_value;
/// the number of values when all are usable. `values` holds whole values of `type`.
std::size_t first_unusable(scalar type, std::span<const std::byte> values);

}  // namespace verge
