#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "model/random/philox_lanes.hpp"
#include "model/random/random.hpp"
#include "model/text/target_clones.hpp"

// Dropout draws one number per activation: number i of the stream's lanes decides element i.

namespace verge {

namespace {

struct mask_rule {
  philox::stream_words stream;
  std::uint32_t threshold;
  float scale;
};

VERGE_TARGET_CLONES
void fill_groups(float* out, std::size_t first, std::size_t end, const mask_rule& rule) {
  const auto [stream, threshold, scale] = rule;
  for (std::size_t group = first; group < end; ++group, out += philox::group_size)
    philox::write_group(stream, group, out,
                        [threshold = threshold, scale = scale](std::uint32_t number) {
                          return number < threshold ? 0.0f : scale;
                        });
}

}  // namespace

void fill_dropout_mask(std::span<float> mask, double p, const random_stream& stream) {
  constexpr auto group_size = philox::group_size;
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * 65536.0));
  const float scale =
      threshold < 65536 ? static_cast<float>(65536.0 / (65536.0 - threshold)) : 0.0f;
  const mask_rule rule{{stream.key_, stream.place_}, threshold, scale};
  const std::size_t whole = mask.size() / group_size;
  fill_groups(mask.data(), 0, whole, rule);
  if (const std::size_t rest = mask.size() % group_size; rest > 0) {
    std::array<float, group_size> last;
    fill_groups(last.data(), whole, whole + 1, rule);
    std::copy_n(last.begin(), rest, mask.data() + whole * group_size);
  }
}

}  // namespace verge
