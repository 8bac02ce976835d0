#include <algorithm>
#include <array>
#include <cmath>

#include "model/codecs/scales.hpp"
#include "model/codecs/stage_list.hpp"

// sign: the scaled signs of EF-signSGD (Karimireddy et al. 2019, algorithm 1). The wire has the
// mean magnitude m (float32) and one bit per value: v becomes m or -m. Of d values the remainder
// has
//     ||v - D||^2 = (1 - ||v||_1^2 / (d ||v||_2^2)) ||v||_2^2,
// a contraction, so what it leaves may be sent later.
//
// Bits lie in blocks of 256 values: bit b of byte j is the sign of value b * 32 + j, so that whole
// vectors are shifted. A last block of n values takes n / 8 bytes, rounded up, instead of 32. Bits
// past the end are 0.

namespace verge::codecs {

namespace {

constexpr std::size_t block_bytes = 32;
constexpr std::size_t block_size = 8 * block_bytes;

VERGE_TARGET_CLONES
double sum_of_magnitudes(const float* values, std::size_t count) {
  return sum_in_lanes(count, [values](std::size_t i) { return std::fabs(double{values[i]}); });
}

/// Writes `bytes` signs of each of 8 rows. Leaves in `values` what the receiver will lack.
VERGE_ALWAYS_INLINE void write_signs(float* values, std::size_t bytes, float scale,
                                     std::byte* out) {
  std::array<std::uint32_t, block_bytes> signs{};
  const auto magnitude = std::bit_cast<std::uint32_t>(scale);
  for (unsigned b = 0; b < 8; ++b) {
    auto* row = values + b * bytes;
    for (std::size_t j = 0; j < bytes; ++j) {
      const auto sign = std::bit_cast<std::uint32_t>(row[j]) & 0x80000000u;
      row[j] -= std::bit_cast<float>(sign | magnitude);
      signs[j] |= sign >> (31 - b);
    }
  }
  for (std::size_t j = 0; j < bytes; ++j) out[j] = static_cast<std::byte>(signs[j]);
}

VERGE_ALWAYS_INLINE void read_signs(const std::byte* in, std::size_t bytes, float scale,
                                    float* values) {
  const auto magnitude = std::bit_cast<std::uint32_t>(scale);
  for (unsigned b = 0; b < 8; ++b)
    for (std::size_t j = 0; j < bytes; ++j) {
      const auto sign = static_cast<std::uint32_t>(in[j]) << (31 - b) & 0x80000000u;
      values[b * bytes + j] = std::bit_cast<float>(sign | magnitude);
    }
}

VERGE_TARGET_CLONES
void write_blocks(float* values, std::size_t blocks, float scale, std::byte* out) {
  for (std::size_t i = 0; i < blocks; ++i)
    write_signs(values + i * block_size, block_bytes, scale, out + i * block_bytes);
}

VERGE_TARGET_CLONES
void read_blocks(const std::byte* in, std::size_t blocks, float scale, float* values) {
  for (std::size_t i = 0; i < blocks; ++i)
    read_signs(in + i * block_bytes, block_bytes, scale, values + i * block_size);
}

std::size_t bytes_of_signs(std::size_t count) {
  return (count + 7) / 8;
}

class sign_values final : public value_coder {
public:
  void encode(std::span<float> values, const tensor_context&, byte_writer& out) const override {
    const auto sum = sum_of_magnitudes(values.data(), values.size());
    const auto scale =
        values.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(values.size()));
    out.put(scale);
    auto* to = out.grow(bytes_of_signs(values.size())).data();
    const std::size_t blocks = values.size() / block_size;
    write_blocks(values.data(), blocks, scale, to);
    if (const auto rest = values.subspan(blocks * block_size); !rest.empty()) {
      std::array<float, block_size> last{};
      std::copy(rest.begin(), rest.end(), last.begin());
      write_signs(last.data(), bytes_of_signs(rest.size()), scale, to + blocks * block_bytes);
      std::copy_n(last.begin(), rest.size(), rest.begin());
    }
  }

  std::string decode(byte_reader& in, std::span<float> values) const override {
    float scale = 0.0f;
    std::span<const std::byte> bytes;
    if (!in.get(scale)) return "cut before its scale";
    if (!usable_scale(scale)) return unusable_scale(scale);
    if (!in.take(bytes_of_signs(values.size()), bytes)) return "cut within its values";
    const std::size_t blocks = values.size() / block_size;
    read_blocks(bytes.data(), blocks, scale, values.data());
    if (const auto rest = values.subspan(blocks * block_size); !rest.empty()) {
      std::array<float, block_size> last;
      read_signs(bytes.data() + blocks * block_bytes, bytes_of_signs(rest.size()), scale,
                 last.data());
      std::copy_n(last.begin(), rest.size(), rest.begin());
    }
    return {};
  }

  bool unbiased() const override { return false; }
};

}  // namespace

void make_sign(const stage_text&, codec_recipe& recipe) {
  recipe.values = std::make_shared<sign_values>();
}

}  // namespace verge::codecs
