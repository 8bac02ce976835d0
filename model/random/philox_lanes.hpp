#pragma once

#include <Random123/philox.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/random/random.hpp"
#include "model/text/target_clones.hpp"

// Computes many Philox blocks at a time: `lanes` counters go through the rounds in lock step, in
// loops that the compiler vectorises. The blocks of one group give 16-bit numbers. Word w of lane l
// holds numbers (2 w) * lanes + l (its low 16 bits) and (2 w + 1) * lanes + l (its high 16 bits) of
// its group, which needs no transposition. All arithmetic is on integers, so every instruction set
// gives the same numbers.

namespace verge::philox {

/// Above 16, because g++ unrolls shorter loops completely before it would vectorise them.
inline constexpr std::size_t lanes = 32;
/// Number of 16-bit numbers in a group.
inline constexpr std::size_t group_size = 8 * lanes;

/// What a random_stream is made of.
struct stream_words {
  std::array<std::uint32_t, 2> key;
  std::array<std::uint32_t, 3> place;
};

/// Writes make(number) of each number of the group to `out`.
template <class T, class Make>
VERGE_ALWAYS_INLINE void write_group(const stream_words& stream, std::size_t group, T* out,
                                     Make make) {
  using lane_words = std::uint32_t[lanes];
  const auto [key, place] = stream;
  lane_words word0, word1, word2, word3, high0, high1;
  for (std::size_t l = 0; l < lanes; ++l) {
    word0[l] = static_cast<std::uint32_t>(group * lanes + l);
    word1[l] = place[0];
    word2[l] = place[1];
    word3[l] = place[2];
  }
  std::uint32_t key0 = key[0];
  std::uint32_t key1 = key[1];
  for (unsigned round = 0; round < philox4x32_rounds; ++round) {
    // g++ makes better code of the products when they have loops of their own.
    for (std::size_t l = 0; l < lanes; ++l) {
      high0[l] = static_cast<std::uint32_t>(std::uint64_t{PHILOX_M4x32_0} * word0[l] >> 32);
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      high1[l] = static_cast<std::uint32_t>(std::uint64_t{PHILOX_M4x32_1} * word2[l] >> 32);
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      const std::uint32_t low0 = PHILOX_M4x32_0 * word0[l];
      const std::uint32_t low1 = PHILOX_M4x32_1 * word2[l];
      word0[l] = high1[l] ^ word1[l] ^ key0;
      word1[l] = low1;
      word2[l] = high0[l] ^ word3[l] ^ key1;
      word3[l] = low0;
    }
    key0 += PHILOX_W32_0;
    key1 += PHILOX_W32_1;
  }
  const auto write_word = [&](const lane_words& word, T* to) {
    for (std::size_t l = 0; l < lanes; ++l) {
      to[l] = make(word[l] & 0xFFFF);
      to[lanes + l] = make(word[l] >> 16);
    }
  };
  write_word(word0, out);
  write_word(word1, out + 2 * lanes);
  write_word(word2, out + 4 * lanes);
  write_word(word3, out + 6 * lanes);
}

}  // namespace verge::philox
