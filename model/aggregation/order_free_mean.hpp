#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "verge/messages/shared_bytes.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// A floating-point sum depends on the order of its terms, and updates arrive in any order. An
/// order_free_mean is the weighted mean of equally long runs of values, the same to the bit in
/// every order.
///
/// Each value x with weight q adds round(x * q / Q * 2^42) to a 64-bit integer, where Q is the
/// power of two at or above the largest weight of a round. Integers add without rounding, so the
/// order is lost. Because all q together stay at or below Q, a sum of values within +-largest_value
/// cannot overflow.
///
/// The mean has these errors beside its rounding to the scalar type: at most 2^-42 times the number
/// of runs if at least half of Q was added, more by Q / (2 weight()) if less was added, and 2^-53
/// of the largest value where a product x * q does not fit a double.
///
/// If only one run is expected, the mean is that run, which is shared, not copied. So one device
/// alone loses no bit.
///
/// Memory is one 64-bit integer per value, whatever the number of runs, or the one run. Runs are
/// not kept otherwise. Not thread-safe.
class order_free_mean {
public:
  /// Values beyond +-2^20 have no place in the sum. Check with first_unusable() before add().
  static constexpr double largest_value = 1048576.0;

  order_free_mean(scalar type, std::size_t elements);

  /// Forgets everything and prepares for at most `most_runs` runs, whose weights sum to at most
  /// `most_weight` (both >= 1).
  void begin(std::uint64_t most_weight, std::uint64_t most_runs);

  /// `values` holds elements() usable values of the scalar type.
  void add(const shared_bytes& values, std::uint64_t weight);

  /// Sum of the weights added.
  std::uint64_t weight() const { return weight_; }
  std::size_t elements() const { return elements_; }

  /// Writes elements() values of the scalar type. weight() must be above 0.
  void write(std::span<std::byte> mean) const;

private:
  scalar type_;
  std::size_t elements_;
  /// 2^42 / Q.
  double scale_ = 0.0;
  std::uint64_t weight_ = 0;
  bool is_alone_ = false;
  shared_bytes the_one_;
  /// elements() integers, allocated by the first add().
  std::shared_ptr<std::byte> sums_;
};

/// Index of the first value that is not a number or lies beyond +-order_free_mean::largest_value,
/// or the number of values when all are usable. `values` holds whole values of `type`.
std::size_t first_unusable(scalar type, std::span<const std::byte> values);

}  // namespace verge
