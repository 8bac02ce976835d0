#include <bit>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/two_byte_values.hpp"
#include "model/text/target_clones.hpp"

// fp16: IEEE 754 binary16, little-endian, rounded to nearest even. Values beyond the largest finite
// half, 65504, are written as that value, and the rest of them is sent later.

namespace verge::codecs {

namespace {

constexpr std::int32_t largest_half = std::bit_cast<std::int32_t>(65504.0f);
/// Smaller halves are subnormal: multiples of 2^-24, as the halves just above it are.
constexpr std::int32_t least_normal = std::bit_cast<std::int32_t>(0x1p-14f);
constexpr std::int32_t half_infinity = 0x7C00;

/// Added to the bits of a power of two, it gives 2^13 times that power. Take a number plus 2^13
/// times the power of two at or below it (2^-14 for subnormal halves). As a float, the last bit of
/// this sum is the last bit of a half of that number. So the addition rounds, and its result counts
/// the number in last bits of the half.
constexpr std::int32_t anchor = 13 << 23;

/// The base for a count of last bits: the half `power` minus the 1024 last bits that the count
/// includes.
VERGE_ALWAYS_INLINE std::int32_t half_below(std::int32_t power) {
  return (power - least_normal) >> 13;
}

/// Leaves in `values` what the halves lack.
VERGE_TARGET_CLONES
void write_halves(float* values, std::size_t count, std::byte* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    // This replaces a comparison, for which g++ would branch.
    const auto beyond = static_cast<std::int32_t>(bits & 0x7FFFFFFF) - largest_half;
    const auto magnitude = largest_half + (beyond & beyond >> 31);
    auto power = magnitude & 0x7F800000;
    power = power > least_normal ? power : least_normal;
    const auto anchored = std::bit_cast<float>(magnitude) + std::bit_cast<float>(power + anchor);
    const auto rounded = anchored - std::bit_cast<float>(power + anchor);
    const auto last_bits = std::bit_cast<std::int32_t>(anchored) - (power + anchor);
    const auto half = static_cast<std::uint16_t>(
        static_cast<std::uint32_t>(half_below(power) + last_bits) | (bits >> 16 & 0x8000));
    values[i] -= std::bit_cast<float>(std::bit_cast<std::uint32_t>(rounded) | (bits & 0x80000000));
    std::memcpy(out + i * sizeof half, &half, sizeof half);
  }
}

/// Returns the bits of the largest magnitude of a half.
VERGE_TARGET_CLONES
std::int32_t read_halves(const std::byte* in, std::size_t count, float* values) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, in + i * sizeof half, sizeof half);
    const std::int32_t magnitude = half & 0x7FFF;
    largest = magnitude > largest ? magnitude : largest;
    auto power = ((magnitude & half_infinity) << 13) + least_normal - (1 << 23);
    power = power > least_normal ? power : least_normal;
    const auto last_bits = magnitude - half_below(power);
    const auto value =
        std::bit_cast<float>(power + anchor + last_bits) - std::bit_cast<float>(power + anchor);
    const auto sign = (std::uint32_t{half} & 0x8000) << 16;
    values[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
  }
  return largest;
}

struct fp16_format {
  static constexpr std::int32_t infinity = half_infinity;
  static constexpr const char* not_finite = "a half that is not a finite number";
  static void write(float* values, std::size_t count, std::byte* out) {
    write_halves(values, count, out);
  }
  static std::int32_t read(const std::byte* in, std::size_t count, float* values) {
    return read_halves(in, count, values);
  }
};

}  // namespace

void make_fp16(const stage_text&, codec_recipe& recipe) {
  recipe.values = std::make_shared<two_byte_values<fp16_format>>();
}

}  // namespace verge::codecs
