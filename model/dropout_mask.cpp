#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "verge/model/random.hpp"

// Dropout draws a number for every activation, so the mask is made many Philox blocks at a time:
// `lanes` counters go through the rounds in lock step, in loops that the compiler vectorises. Word
// w of lane l decides elements (2 w) * lanes + l (its low 16 bits) and (2 w + 1) * lanes + l (its
// high 16 bits) of its group, which needs no transposition. Only integers are computed with, so
// every instruction set gives the same mask.

// A sanitizer's instrumentation of the resolver would run before its runtime is up.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VERGE_DROPOUT_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VERGE_DROPOUT_CLONES
#endif

namespace verge {

namespace {

/// Above 16: g++ unrolls shorter loops completely, before it would vectorise them.
constexpr std::size_t lanes = 32;
constexpr std::size_t group_size = 8 * lanes;

struct mask_rule {
  std::array<std::uint32_t, 2> key;
  std::array<std::uint32_t, 3> place;
  std::uint32_t threshold;
  float scale;
};

VERGE_DROPOUT_CLONES
void fill_groups(float* out, std::size_t first, std::size_t end, const mask_rule& rule) {
  using lane_words = std::uint32_t[lanes];
  const auto [key, place, threshold, scale] = rule;
  for (std::size_t group = first; group < end; ++group, out += group_size) {
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
      // In loops of their own, g++ makes better code of the products.
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
    const auto write_word = [&](const lane_words& word, float* to) {
      for (std::size_t l = 0; l < lanes; ++l) {
        to[l] = (word[l] & 0xFFFF) < threshold ? 0.0f : scale;
        to[lanes + l] = (word[l] >> 16) < threshold ? 0.0f : scale;
      }
    };
    write_word(word0, out);
    write_word(word1, out + 2 * lanes);
    write_word(word2, out + 4 * lanes);
    write_word(word3, out + 6 * lanes);
  }
}

}  // namespace

void fill_dropout_mask(std::span<float> mask, double p, const random_stream& stream) {
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * 65536.0));
  const float scale =
      threshold < 65536 ? static_cast<float>(65536.0 / (65536.0 - threshold)) : 0.0f;
  const mask_rule rule{stream.key_, stream.place_, threshold, scale};
  const std::size_t whole = mask.size() / group_size;
  fill_groups(mask.data(), 0, whole, rule);
  if (const std::size_t rest = mask.size() % group_size; rest > 0) {
    std::array<float, group_size> last;
    fill_groups(last.data(), whole, whole + 1, rule);
    std::copy_n(last.begin(), rest, mask.data() + whole * group_size);
  }
}

}  // namespace verge
