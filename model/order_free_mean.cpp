#include "verge/model/order_free_mean.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "verge/messages/bulk_memory.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

namespace {

constexpr double fraction = 4398046511104.0;  // 2^42

template <class T>
const T* values_of(const shared_bytes& bytes) {
  return reinterpret_cast<const T*>(bytes.data());
}

template <class T, bool overwrite>
void fold_values(const T* values, double scale, std::int64_t* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto term =
        static_cast<std::int64_t>(std::llrint(static_cast<double>(values[i]) * scale));
    if constexpr (overwrite)
      sums[i] = term;
    else
      sums[i] += term;
  }
}

// The magnitude bits of a float compare like integers, NaN and infinity above every finite value.
template <class T, class Bits>
std::size_t first_beyond(std::span<const std::byte> bytes) {
  constexpr Bits magnitude = static_cast<Bits>(~Bits{0}) >> 1;
  constexpr auto limit = static_cast<std::make_signed_t<Bits>>(
      std::bit_cast<Bits>(static_cast<T>(order_free_mean::largest_value)));
  const auto* words = reinterpret_cast<const Bits*>(bytes.data());
  const std::size_t count = bytes.size() / sizeof(T);
  // Stretches without an early exit, so that the common case vectorises.
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
    if (is_first)
      fold_values<T, true>(values_of<T>(values), scale, sums, elements_);
    else
      fold_values<T, false>(values_of<T>(values), scale, sums, elements_);
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
    auto* out = reinterpret_cast<T*>(mean.data());
    for (std::size_t i = 0; i < elements_; ++i)
      out[i] = static_cast<T>(static_cast<double>(sums[i]) * unit);
  });
}

std::size_t first_unusable(scalar type, std::span<const std::byte> values) {
  return type == scalar::float32 ? first_beyond<float, std::uint32_t>(values)
                                 : first_beyond<double, std::uint64_t>(values);
}

}  // namespace verge
