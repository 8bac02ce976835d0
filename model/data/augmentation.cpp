#include "verge/model/augmentation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "model/random/random.hpp"

namespace verge {

namespace {

/// Moves a plane by (down, right) in place and fills in zeros at the edges.
void move_plane(float* plane, std::ptrdiff_t height, std::ptrdiff_t width, std::ptrdiff_t down,
                std::ptrdiff_t right) {
  const std::ptrdiff_t kept = std::max<std::ptrdiff_t>(width - std::abs(right), 0);
  // Rows must be read before they are overwritten, so the bottom row comes first when the picture
  // moves down.
  for (std::ptrdiff_t i = 0; i < height; ++i) {
    const std::ptrdiff_t y = down > 0 ? height - 1 - i : i;
    const std::ptrdiff_t source = y - down;
    float* const row = plane + y * width;
    if (source < 0 || source >= height || kept == 0) {
      std::fill_n(row, width, 0.0f);
      continue;
    }
    const float* const from = plane + source * width;
    if (right >= 0) {
      std::copy_backward(from, from + kept, row + width);
      std::fill_n(row, width - kept, 0.0f);
    } else {
      std::copy(from + (width - kept), from + width, row);
      std::fill_n(row + kept, width - kept, 0.0f);
    }
  }
}

}  // namespace

void augmentation::apply(std::span<float> sample, const sample_shape& shape,
                         const random_stream& stream, std::uint64_t draw) const {
  if (!active()) return;
  const auto words = stream.block(static_cast<std::uint32_t>(draw));
  const auto offset = [this](std::uint32_t word) {
    const std::uint64_t places = 2 * std::uint64_t{crop_padding} + 1;
    return static_cast<std::ptrdiff_t>(word * places >> 32) -
           static_cast<std::ptrdiff_t>(crop_padding);
  };
  const std::ptrdiff_t down = offset(words[0]);
  const std::ptrdiff_t right = offset(words[1]);
  const bool mirrored = flip && words[2] >> 31 != 0;

  const auto height = static_cast<std::ptrdiff_t>(shape.height);
  const auto width = static_cast<std::ptrdiff_t>(shape.width);
  for (std::uint32_t channel = 0; channel < shape.channels; ++channel) {
    float* const plane = sample.data() + channel * height * width;
    if (down != 0 || right != 0) move_plane(plane, height, width, down, right);
    if (mirrored) {
      for (std::ptrdiff_t y = 0; y < height; ++y) {
        std::reverse(plane + y * width, plane + (y + 1) * width);
      }
    }
  }
}

}  // namespace verge
