#include <bit>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/two_byte_values.hpp"
#include "model/text/target_clones.hpp"

// bf16: the upper half of a float, little-endian, rounded to nearest even. Values beyond the
// largest finite bfloat16 are written as that value, and the rest of them is sent later.

namespace verge::codecs {

namespace {

constexpr std::uint32_t magnitude_bits = 0x7FFFFFFF;
constexpr std::int32_t largest_bfloat = 0x7F7F0000;
constexpr std::int32_t bfloat_infinity = 0x7F80;

/// Leaves in `values` what the bfloats lack.
VERGE_TARGET_CLONES
void write_bfloats(float* values, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    auto magnitude = static_cast<std::int32_t>(bits & magnitude_bits);
    magnitude = magnitude < largest_bfloat ? magnitude : largest_bfloat;
    magnitude += 0x7FFF + (magnitude >> 16 & 1);
    const auto rounded = static_cast<std::uint32_t>(magnitude) | (bits & ~magnitude_bits);
    values[i] -= std::bit_cast<float>(rounded & 0xFFFF0000u);
    const auto bfloat = static_cast<std::uint16_t>(rounded >> 16);
    std::memcpy(out + i * sizeof bfloat, &bfloat, sizeof bfloat);
  }
}

/// Returns the bits of the largest magnitude of a bfloat.
VERGE_TARGET_CLONES
std::int32_t read_bfloats(const std::byte* in, std::size_t count, float* values) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bfloat = 0;
    std::memcpy(&bfloat, in + i * sizeof bfloat, sizeof bfloat);
    const std::int32_t magnitude = bfloat & 0x7FFF;
    largest = magnitude > largest ? magnitude : largest;
    values[i] = std::bit_cast<float>(std::uint32_t{bfloat} << 16);
  }
  return largest;
}

struct bf16_format {
  static constexpr std::int32_t infinity = bfloat_infinity;
  static constexpr const char* not_finite = "a bfloat16 that is not a finite number";
  static void write(float* values, std::size_t count, std::byte* out) {
    write_bfloats(values, count, out);
  }
  static std::int32_t read(const std::byte* in, std::size_t count, float* values) {
    return read_bfloats(in, count, values);
  }
};

}  // namespace

void make_bf16(const stage_text&, codec_recipe& recipe) {
  recipe.values = std::make_shared<two_byte_values<bf16_format>>();
}

}  // namespace verge::codecs
