#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "model/codecs/scales.hpp"
#include "model/codecs/stage_list.hpp"
#include "model/codecs/stochastic_levels.hpp"
#include "model/codecs/tensor_draws.hpp"

// ternary: TernGrad (Wen et al. 2017). With s the largest magnitude, v becomes s * sign(v) * b,
// where b = 1 with probability |v| / s. That is stochastic rounding to the levels -1, 0 and 1. The
// wire has s (float32) and five values per byte, as digits of base 3.
//
// ternary(c) first clips at c standard deviations (of mean 0: the root of the mean square), so that
// a single outlier does not set s. Clipping is a bias, so what it cuts off is sent later. The error
// of the rounding is not: it is no contraction (of d values, up to sqrt(d) / 2 times their
// squares), and a residual that took it in could grow without bound. Its expectation is zero, so it
// need not be kept. An update that is not used goes back as it was before rounding.
//
// Bytes lie in blocks of 1280 values: digit k of byte j, counted from the lowest, is value k * 256
// + j, so that whole vectors are multiplied. A last block of n values takes n / 5 bytes, rounded
// up, instead of 256. Digits past the end stand for 0.

namespace verge::codecs {

namespace {

constexpr std::size_t digits = 5;
constexpr std::size_t block_bytes = 256;
constexpr std::size_t block_size = digits * block_bytes;
constexpr std::uint8_t largest_byte = 242;
static_assert(block_size % random16_group == 0);

constexpr number_rule a_clip{0.0, true, std::numeric_limits<double>::max(), false,
                             "standard deviations above 0"};

using block_digits = std::array<std::uint8_t, block_size>;

std::size_t bytes_of_digits(std::size_t count) {
  return (count + digits - 1) / digits;
}

VERGE_TARGET_CLONES
double sum_of_squares(const float* values, std::size_t count) {
  return sum_in_lanes(count, [values](std::size_t i) {
    const double v = values[i];
    return v * v;
  });
}

/// Leaves in `values` what the digits lack.
VERGE_TARGET_CLONES
void round_to_digits(float* values, const std::uint16_t* random, std::size_t count, level_grid grid,
                     std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto level = level_of(values[i], grid.per_unit, random[i]);
    values[i] -= static_cast<float>(level) * grid.step;
    to[i] = static_cast<std::uint8_t>(level + 1);
  }
}

/// Leaves in `values` what lies beyond +-most.
VERGE_TARGET_CLONES
void clip_to_digits(float* values, const std::uint16_t* random, std::size_t count, float most,
                    level_grid grid, std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    const float above = values[i] > most ? most : values[i];
    const float clipped = above < -most ? -most : above;
    values[i] -= clipped;
    to[i] = static_cast<std::uint8_t>(level_of(clipped, grid.per_unit, random[i]) + 1);
  }
}

VERGE_TARGET_CLONES
void pack_digits(const std::uint8_t* from, std::size_t bytes, std::byte* out) {
  for (std::size_t j = 0; j < bytes; ++j) {
    const unsigned low = from[j] + 3u * from[bytes + j] + 9u * from[2 * bytes + j];
    out[j] = static_cast<std::byte>(low + 27u * from[3 * bytes + j] + 81u * from[4 * bytes + j]);
  }
}

/// Returns the largest byte.
VERGE_TARGET_CLONES
std::uint8_t unpack_digits(const std::byte* in, std::size_t bytes, float scale, float* values) {
  std::uint16_t rest[block_bytes];
  std::uint16_t largest = 0;
  for (std::size_t j = 0; j < bytes; ++j) {
    rest[j] = static_cast<std::uint16_t>(in[j]);
    largest = std::max(largest, rest[j]);
  }
  for (std::size_t k = 0; k < digits; ++k, values += bytes)
    for (std::size_t j = 0; j < bytes; ++j) {
      // This is exact for all bytes.
      const int third = rest[j] * 171 >> 9;
      values[j] = static_cast<float>(rest[j] - 3 * third - 1) * scale;
      rest[j] = static_cast<std::uint16_t>(third);
    }
  return static_cast<std::uint8_t>(largest);
}

class ternary_values final : public value_coder {
public:
  /// `clip` is in standard deviations; 0 = no clip.
  explicit ternary_values(double clip) : clip_(clip) {}

  void encode(std::span<float> values, const tensor_context& tensor,
              byte_writer& out) const override {
    const float largest = largest_of(values);
    const float most = std::min(largest, clip_of(values));
    const auto grid = grid_of(most, 1);
    out.put(grid.step);
    auto* to = out.grow(bytes_of_digits(values.size())).data();
    const auto stream = draws_of(tensor, 0);
    for (std::size_t begin = 0; begin < values.size(); begin += block_size) {
      const auto block = values.subspan(begin, std::min(block_size, values.size() - begin));
      std::array<std::uint16_t, block_size> random;
      block_digits written;
      fill_random16(std::span{random}.first(block.size()), stream, begin);
      if (clip_ > 0.0)
        clip_to_digits(block.data(), random.data(), block.size(), most, grid, written.data());
      else
        round_to_digits(block.data(), random.data(), block.size(), grid, written.data());
      const auto bytes = bytes_of_digits(block.size());
      std::fill(written.begin() + block.size(), written.begin() + bytes * digits, 1);
      pack_digits(written.data(), bytes, to);
      to += bytes;
    }
  }

  std::string decode(byte_reader& in, std::span<float> values) const override {
    float scale = 0.0f;
    std::span<const std::byte> bytes;
    if (!in.get(scale)) return "cut before its scale";
    if (!usable_scale(scale)) return unusable_scale(scale);
    if (!in.take(bytes_of_digits(values.size()), bytes)) return "cut within its values";
    const std::size_t whole = values.size() / block_size * block_size;
    std::uint8_t largest = 0;
    for (std::size_t begin = 0; begin < whole; begin += block_size)
      largest = std::max(largest, unpack_digits(bytes.data() + begin / digits, block_bytes, scale,
                                                values.data() + begin));
    if (const auto rest = values.subspan(whole); !rest.empty()) {
      std::array<float, block_size> last;
      largest = std::max(largest, unpack_digits(bytes.data() + whole / digits,
                                                bytes_of_digits(rest.size()), scale, last.data()));
      std::copy_n(last.begin(), rest.size(), rest.begin());
    }
    if (largest > largest_byte)
      return fmt::format("a byte of {}, five digits of base 3 are at most {}", largest,
                         largest_byte);
    return {};
  }

  bool unbiased() const override { return clip_ == 0.0; }
  bool contracts() const override { return false; }
  bool drops_rounding() const override { return clip_ > 0.0; }

private:
  /// The magnitude to clip at.
  float clip_of(std::span<const float> values) const {
    constexpr float none = std::numeric_limits<float>::max();
    if (clip_ == 0.0 || values.empty()) return none;
    const auto squares = sum_of_squares(values.data(), values.size());
    const auto deviation = std::sqrt(squares / static_cast<double>(values.size()));
    return static_cast<float>(std::min(clip_ * deviation, static_cast<double>(none)));
  }

  double clip_;
};

}  // namespace

void make_ternary(const stage_text& text, codec_recipe& recipe) {
  recipe.values = std::make_shared<ternary_values>(text.number("clip", 0, a_clip, 0.0));
}

}  // namespace verge::codecs
