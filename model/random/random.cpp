#include "model/random/random.hpp"

#include <Random123/philox.h>

#include <bit>
#include <cstddef>

namespace verge {

namespace {

__extension__ using uint128 = unsigned __int128;

/// The round function of the shuffle: two multiplications that spread every bit of `half` and `key`
/// over the upper half of the word, which is returned.
std::uint64_t mix(std::uint64_t half, std::uint64_t key) {
  std::uint64_t x = (half ^ key) * 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93u;
  return x >> 32;
}

}  // namespace

random_stream::random_stream(std::uint64_t seed, random_purpose purpose, std::uint32_t a,
                             std::uint32_t b)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      place_{static_cast<std::uint32_t>(purpose), a, b} {}

std::array<std::uint32_t, 4> random_stream::block(std::uint32_t i) const {
  const philox4x32_ctr_t counter{{i, place_[0], place_[1], place_[2]}};
  const philox4x32_key_t key{{key_[0], key_[1]}};
  const auto words = philox4x32_R(philox4x32_rounds, counter, key);
  return {words.v[0], words.v[1], words.v[2], words.v[3]};
}

std::uint64_t random_stream::word64(std::uint64_t i) const {
  const auto words = block(static_cast<std::uint32_t>(i / 2));
  const std::size_t low = i % 2 * 2;
  return words[low] | std::uint64_t{words[low + 1]} << 32;
}

std::uint64_t random_stream::below(std::uint64_t i, std::uint64_t bound) const {
  return static_cast<std::uint64_t>(uint128{word64(i)} * bound >> 64);
}

double random_stream::unit(std::uint64_t i) const {
  return static_cast<double>(word64(i) >> 11) * 0x1p-53;
}

shuffle::shuffle(std::uint64_t size, const random_stream& stream) : size_(size) {
  const auto bits = static_cast<std::uint32_t>(std::bit_width(size - 1));
  low_bits_ = bits - bits / 2;
  low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
  high_mask_ = (std::uint64_t{1} << bits / 2) - 1;
  for (std::uint32_t i = 0; i < round_keys_.size() / 2; ++i) {
    const auto words = stream.block(i);
    round_keys_[2 * i] = words[0] | std::uint64_t{words[1]} << 32;
    round_keys_[2 * i + 1] = words[2] | std::uint64_t{words[3]} << 32;
  }
}

std::uint64_t shuffle::operator[](std::uint64_t position) const {
  std::uint64_t value = position;
  do {
    std::uint64_t high = value >> low_bits_;
    std::uint64_t low = value & low_mask_;
    for (std::size_t i = 0; i < round_keys_.size(); i += 2) {
      high ^= mix(low, round_keys_[i]) & high_mask_;
      low ^= mix(high, round_keys_[i + 1]) & low_mask_;
    }
    value = high << low_bits_ | low;
  } while (value >= size_);
  return value;
}

}  // namespace verge
