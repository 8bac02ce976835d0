#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/codecs/scales.hpp"
#include "model/codecs/stage_list.hpp"
#include "model/codecs/stochastic_levels.hpp"
#include "model/codecs/tensor_draws.hpp"

// int8 and int4: stochastic quantization after QSGD (Alistarh et al. 2017, section 3), in buckets
// of 512 values with s = 127 and s = 7 levels on either side of zero. On the wire a bucket is its
// scale (float32) and its levels.
//
// The scale is the largest magnitude of the bucket, not its 2-norm as in the paper. The paper's
// bound of the variance, min(d / s^2, sqrt(d) / s) ||v||^2, still holds: it grows with the scale,
// and the largest magnitude is at most the 2-norm.

namespace verge::codecs {

namespace {

constexpr std::size_t bucket_size = 512;
static_assert(bucket_size % random16_group == 0);

/// Leaves in `values` what the levels lack.
VERGE_TARGET_CLONES
void round_to_levels(float* values, const std::uint16_t* random, std::size_t count, level_grid grid,
                     std::int8_t* levels) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto level = level_of(values[i], grid.per_unit, random[i]);
    values[i] -= static_cast<float>(level) * grid.step;
    levels[i] = static_cast<std::int8_t>(level);
  }
}

VERGE_TARGET_CLONES
void values_of_levels(const std::int8_t* levels, std::size_t count, float step, float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(levels[i]) * step;
}

VERGE_TARGET_CLONES
int least_of(const std::int8_t* levels, std::size_t count) {
  std::int8_t least = 0;
  for (std::size_t i = 0; i < count; ++i) least = std::min(levels[i], least);
  return least;
}

/// Byte j holds level j in its low half and level j + half in its high half, where half = count / 2
/// rounded up. Neighbours stay neighbours, and whole vectors are shifted. An odd count leaves a
/// level of 0.
VERGE_TARGET_CLONES
void pack_halves(const std::int8_t* levels, std::size_t half, std::byte* out) {
  for (std::size_t j = 0; j < half; ++j)
    out[j] = static_cast<std::byte>((levels[j] + 8) | (levels[half + j] + 8) << 4);
}

VERGE_TARGET_CLONES
void unpack_halves(const std::byte* in, std::size_t half, std::int8_t* levels) {
  for (std::size_t j = 0; j < half; ++j) {
    const auto both = static_cast<std::uint8_t>(in[j]);
    levels[j] = static_cast<std::int8_t>((both & 15) - 8);
    levels[half + j] = static_cast<std::int8_t>((both >> 4) - 8);
  }
}

using bucket_levels = std::array<std::int8_t, bucket_size>;

struct one_byte {
  static constexpr int most = 127;
  static constexpr std::size_t bytes(std::size_t count) { return count; }
  static void pack(const bucket_levels& levels, std::size_t count, std::byte* out) {
    std::memcpy(out, levels.data(), count);
  }
  static void unpack(const std::byte* in, std::size_t count, bucket_levels& levels) {
    std::memcpy(levels.data(), in, count);
  }
};

struct half_a_byte {
  static constexpr int most = 7;
  static constexpr std::size_t bytes(std::size_t count) { return (count + 1) / 2; }
  static void pack(bucket_levels& levels, std::size_t count, std::byte* out) {
    if (count % 2 > 0) levels[count] = 0;
    pack_halves(levels.data(), bytes(count), out);
  }
  static void unpack(const std::byte* in, std::size_t count, bucket_levels& levels) {
    unpack_halves(in, bytes(count), levels.data());
  }
};

template <class Form>
class quantized_values final : public value_coder {
public:
  void encode(std::span<float> values, const tensor_context& tensor,
              byte_writer& out) const override {
    auto* to = out.grow(encoded_size(values.size())).data();
    const auto stream = draws_of(tensor, 0);
    for (std::size_t begin = 0; begin < values.size(); begin += bucket_size) {
      const auto bucket = values.subspan(begin, std::min(bucket_size, values.size() - begin));
      std::array<std::uint16_t, bucket_size> random;
      bucket_levels levels;
      fill_random16(std::span{random}.first(bucket.size()), stream, begin);
      const float largest = largest_of(bucket);
      const auto grid = grid_of(largest, Form::most);
      const float scale = grid.per_unit > 0.0f ? largest : 0.0f;
      round_to_levels(bucket.data(), random.data(), bucket.size(), grid, levels.data());
      std::memcpy(to, &scale, sizeof scale);
      Form::pack(levels, bucket.size(), to + sizeof scale);
      to += sizeof scale + Form::bytes(bucket.size());
    }
  }

  std::string decode(byte_reader& in, std::span<float> values) const override {
    std::span<const std::byte> bytes;
    if (!in.take(encoded_size(values.size()), bytes)) return "cut within its values";
    const auto* from = bytes.data();
    for (std::size_t begin = 0; begin < values.size(); begin += bucket_size) {
      const auto bucket = values.subspan(begin, std::min(bucket_size, values.size() - begin));
      float scale = 0.0f;
      std::memcpy(&scale, from, sizeof scale);
      if (!usable_scale(scale))
        return fmt::format("bucket {}: {}", begin / bucket_size, unusable_scale(scale));
      bucket_levels levels;
      Form::unpack(from + sizeof scale, bucket.size(), levels);
      if (least_of(levels.data(), bucket.size()) < -Form::most)
        return fmt::format("bucket {}: a level below {}", begin / bucket_size, -Form::most);
      values_of_levels(levels.data(), bucket.size(), step_of(scale, Form::most), bucket.data());
      from += sizeof scale + Form::bytes(bucket.size());
    }
    return {};
  }

  bool unbiased() const override { return true; }

private:
  static std::size_t encoded_size(std::size_t count) {
    const auto buckets = (count + bucket_size - 1) / bucket_size;
    // Only the last bucket can be odd.
    return buckets * sizeof(float) + Form::bytes(count);
  }
};

}  // namespace

void make_int8(const stage_text&, codec_recipe& recipe) {
  recipe.values = std::make_shared<quantized_values<one_byte>>();
}

void make_int4(const stage_text&, codec_recipe& recipe) {
  recipe.values = std::make_shared<quantized_values<half_a_byte>>();
}

}  // namespace verge::codecs
