#include "model/aggregation/order_free_mean.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "messages/bulk_memory.hpp"
#include "model/text/target_clones.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

namespace {

constexpr double fraction = 4398046511104.0;  // 2^42

template <class T>
const T* values_of(const shared_bytes& bytes) {
  return reinterpret_cast<const T*>(bytes.data());
}

// The functions below compute std::llrint() of a finite value within +-2^62, and the double nearest
// to an integer. The results have the same bits as the processor's own conversions. The operations
// exist in every vector unit, so the loops below vectorise.

constexpr double two_to_32 = 4294967296.0;
/// Added to a value within +-2^51, it leaves the nearest integer (ties to even) in the low bits of
/// the sum.
constexpr double shifter = 6755399441055744.0;  // 1.5 * 2^52

VERGE_ALWAYS_INLINE std::int64_t nearest_integer(double x) {
  constexpr auto of_zero = std::bit_cast<std::int64_t>(shifter);
  const double high = x * (1.0 / two_to_32) + shifter;
  const double low = x - (high - shifter) * two_to_32 + shifter;
  return ((std::bit_cast<std::int64_t>(high) - of_zero) << 32) +
         (std::bit_cast<std::int64_t>(low) - of_zero);
}

VERGE_ALWAYS_INLINE double nearest_double(std::int64_t x) {
  // The halves go into the low bits of 2^52 and 2^84. Only the last addition rounds.
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  constexpr double two_to_52 = 4503599627370496.0, two_to_84 = two_to_52 * two_to_32;
  constexpr double offset = two_to_84 + 2147483648.0 * two_to_32 + two_to_52;
  const auto bits = static_cast<std::uint64_t>(x);
  const auto low = (bits & 0xffffffffu) | std::bit_cast<std::uint64_t>(two_to_52);
  const auto high = ((bits ^ sign) >> 32) | std::bit_cast<std::uint64_t>(two_to_84);
  return (std::bit_cast<double>(high) - offset) + std::bit_cast<double>(low);
}

template <class T, bool overwrite>
VERGE_ALWAYS_INLINE void fold(const T* values, double scale, std::int64_t* sums,
                              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto term = nearest_integer(static_cast<double>(values[i]) * scale);
    if constexpr (overwrite)
      sums[i] = term;
    else
      sums[i] += term;
  }
}

template <class T>
VERGE_ALWAYS_INLINE void fold(const T* values, double scale, std::int64_t* sums, std::size_t count,
                              bool is_first) {
  if (is_first)
    fold<T, true>(values, scale, sums, count);
  else
    fold<T, false>(values, scale, sums, count);
}

// These are no templates, because only functions can be compiled for several processors.
VERGE_TARGET_CLONES
void fold_values(const float* values, double scale, std::int64_t* sums, std::size_t count,
                 bool is_first) {
  fold(values, scale, sums, count, is_first);
}
VERGE_TARGET_CLONES
void fold_values(const double* values, double scale, std::int64_t* sums, std::size_t count,
                 bool is_first) {
  fold(values, scale, sums, count, is_first);
}

template <class T>
VERGE_ALWAYS_INLINE void unfold(const std::int64_t* sums, double unit, T* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(nearest_double(sums[i]) * unit);
}
VERGE_TARGET_CLONES
void unfold_sums(const std::int64_t* sums, double unit, float* out, std::size_t count) {
  unfold(sums, unit, out, count);
}
VERGE_TARGET_CLONES
void unfold_sums(const std::int64_t* sums, double unit, double* out, std::size_t count) {
  unfold(sums, unit, out, count);
}

// The magnitude bits of a float compare like integers, with NaN and infinity above every finite
// value.
template <class T, class Bits>
VERGE_ALWAYS_INLINE std::size_t first_beyond(std::span<const std::byte> bytes) {
  constexpr Bits magnitude = static_cast<Bits>(~Bits{0}) >> 1;
  constexpr auto limit = static_cast<std::make_signed_t<Bits>>(
      std::bit_cast<Bits>(static_cast<T>(order_free_mean::largest_value)));
  const auto* words = reinterpret_cast<const Bits*>(bytes.data());
  const std::size_t count = bytes.size() / sizeof(T);
  // Within a stretch there is no early exit, so that the common case vectorises.
  constexpr std::size_t stretch = 4096;
  for (std::size_t begin = 0; begin < count; begin += stretch) {
    const std::size_t end = std::min(count, begin + stretch);
    std::make_signed_t<Bits> largest = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const auto word = static_cast<std::make_signed_t<Bits>>(words[i] & magnitude);
      largest = word > largest ? word : largest;
    }
    if (largest <= limit) continue;
    for (std::size_t i = begin; i < end; ++i)
      if (static_cast<std::make_signed_t<Bits>>(words[i] & magnitude) > limit) return i;
  }
  return count;
}

VERGE_TARGET_CLONES
std::size_t first_float_beyond(std::span<const std::byte> bytes) {
  return first_beyond<float, std::uint32_t>(bytes);
}
VERGE_TARGET_CLONES
std::size_t first_double_beyond(std::span<const std::byte> bytes) {
  return first_beyond<double, std::uint64_t>(bytes);
}

}  // namespace

order_free_mean::order_free_mean(scalar type, std::size_t elements)
    : type_(type), elements_(elements) {}

void order_free_mean::begin(std::uint64_t most_weight, std::uint64_t most_runs) {
  scale_ = fraction / static_cast<double>(std::bit_ceil(most_weight));
  weight_ = 0;
  is_alone_ = most_runs == 1;
  the_one_ = {};
}

void order_free_mean::add(const shared_bytes& values, std::uint64_t weight) {
  const bool is_first = weight_ == 0;
  weight_ += weight;
  if (is_alone_) {
    if (!is_first) throw std::logic_error("a second run where one was expected");
    the_one_ = values;
    return;
  }
  if (!sums_) sums_ = allocate_bulk(elements_ * sizeof(std::int64_t));
  auto* sums = reinterpret_cast<std::int64_t*>(sums_.get());
  const double scale = scale_ * static_cast<double>(weight);
  with_scalar(type_, [&](auto zero) {
    using T = decltype(zero);
    fold_values(values_of<T>(values), scale, sums, elements_, is_first);
  });
}

void order_free_mean::write(std::span<std::byte> mean) const {
  if (is_alone_) {
    std::memcpy(mean.data(), the_one_.data(), mean.size());
    return;
  }
  const auto* sums = reinterpret_cast<const std::int64_t*>(sums_.get());
  const double unit = 1.0 / (scale_ * static_cast<double>(weight_));
  with_scalar(type_, [&](auto zero) {
    using T = decltype(zero);
    unfold_sums(sums, unit, reinterpret_cast<T*>(mean.data()), elements_);
  });
}

std::size_t first_unusable(scalar type, std::span<const std::byte> values) {
  return type == scalar::float32 ? first_float_beyond(values) : first_double_beyond(values);
}

}  // namespace verge
