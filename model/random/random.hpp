#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace verge {

/// What a random number is for. Streams of different purposes never meet, so a new draw for one
/// purpose leaves the others unchanged.
enum class random_purpose : std::uint32_t {
  initial_parameters = 1,
  partition = 2,
  sample_order = 3,
  client_sampling = 4,
  augmentation = 5,
  dropout = 6,
  codec = 7,
  links = 8,
};

/// Random numbers must not depend on threads, on their order or on earlier draws. In this
/// counter-based stream the i-th word is a function of (seed, purpose, a, b, i) and of nothing
/// else. It is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
/// 2011), from Random123. Immutable, so threads may share a stream.
class random_stream {
public:
  /// `a` and `b` name the place, for example (device, round). Philox's key is the seed, low word
  /// first. Its counter is (i, purpose, a, b).
  random_stream(std::uint64_t seed, random_purpose purpose, std::uint32_t a = 0,
                std::uint32_t b = 0);

  /// The four words of counter `i`.
  std::array<std::uint32_t, 4> block(std::uint32_t i) const;
  /// 64 random bits: half of block(i / 2). i < 2^33.
  std::uint64_t word64(std::uint64_t i) const;
  /// Uniform in [0, bound): Lemire's multiply-shift of word64(i); bias below 2^-32 for bounds below
  /// 2^32. bound >= 1.
  std::uint64_t below(std::uint64_t i, std::uint64_t bound) const;
  /// Uniform in [0, 1) with 53 bits.
  double unit(std::uint64_t i) const;

private:
  friend void fill_dropout_mask(std::span<float> mask, double p, const random_stream& stream);
  friend void fill_random16(std::span<std::uint16_t> numbers, const random_stream& stream,
                            std::uint64_t first);

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 3> place_;
};

/// A pseudo-random permutation of 0 .. size-1 with random access and no memory. It is a Feistel
/// network over the next power of two, whose halves differ by at most one bit, repeated until the
/// result is below `size` (cycle walking: Black and Rogaway, "Ciphers with arbitrary finite
/// domains", CT-RSA 2002). A lookup goes through the network at most twice on average. Immutable.
class shuffle {
public:
  /// The first blocks of `stream` are the key. size >= 1.
  shuffle(std::uint64_t size, const random_stream& stream);

  /// `position` < size.
  std::uint64_t operator[](std::uint64_t position) const;

private:
  std::uint64_t size_;
  std::uint32_t low_bits_;
  std::uint64_t low_mask_;
  std::uint64_t high_mask_;
  std::array<std::uint64_t, 8> round_keys_;
};

/// Writes the factors of dropout: element i is 0 with probability q, else 1 / (1 - q), where q is
/// `p` rounded to a multiple of 2^-16, so the expectation is 1. All elements are 0 when q is 1. 0
/// <= p <= 1. Element i is a function of p, the stream and i, and does not depend on the mask's
/// size or the processor. It takes the stream's blocks from 0 on, one per 8 elements.
void fill_dropout_mask(std::span<float> mask, double p, const random_stream& stream);

/// fill_random16() starts at a multiple of this count.
inline constexpr std::uint64_t random16_group = 256;

/// Writes the uniform 16-bit numbers `first`, `first` + 1, ... of the stream. Each is a function of
/// the stream and its place, and does not depend on the span's size or the processor. The numbers
/// take one block per 8, so `first` + size must be at most 2^35. `first` must be a multiple of
/// random16_group.
void fill_random16(std::span<std::uint16_t> numbers, const random_stream& stream,
                   std::uint64_t first);

}  // namespace verge
