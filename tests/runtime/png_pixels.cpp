#include "runtime/png_pixels.hpp"

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace verge::test {
namespace {

using bytes = std::vector<std::uint8_t>;

std::uint32_t number_at(const std::string& text, std::size_t at) {
  if (at + 4 > text.size()) throw std::runtime_error("the picture is cut");
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<std::uint8_t>(text[at + i]);
  return number;
}

/// The predictor of PNG's Paeth filter: among left, above and above left, the value nearest to
/// left + above - above left.
std::uint8_t paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int to_left = std::abs(guess - left), to_above = std::abs(guess - above),
            to_corner = std::abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(to_above <= to_corner ? above : corner);
}

std::uint8_t predicted(std::uint8_t filter, int left, int above, int corner) {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return static_cast<std::uint8_t>(left);
    case 2:
      return static_cast<std::uint8_t>(above);
    case 3:
      return static_cast<std::uint8_t>((left + above) / 2);
    case 4:
      return paeth(left, above, corner);
    default:
      throw std::runtime_error("the picture has an unknown filter");
  }
}

}  // namespace

std::map<std::string, std::size_t> png_colours(const std::string& png) {
  if (!png.starts_with("\x89PNG\r\n\x1a\n")) throw std::runtime_error("no PNG");
  const auto width = number_at(png, 16), height = number_at(png, 20);
  const int depth = png.at(24), kind = png.at(25), interlace = png.at(28);
  if (depth != 8 || (kind != 2 && kind != 6) || interlace != 0)
    throw std::runtime_error("a PNG of another kind");
  std::string packed;
  bool has_end = false;
  for (std::size_t at = 8; at < png.size();) {
    const auto length = number_at(png, at);
    const auto name = png.substr(at + 4, 4);
    if (name == "IDAT") packed += png.substr(at + 8, length);
    has_end = has_end || name == "IEND";
    at += 12 + length;
  }
  if (!has_end) throw std::runtime_error("the picture has no end");

  const std::size_t channels = kind == 2 ? 3 : 4;
  const std::size_t row = width * channels;
  bytes filtered((row + 1) * height);
  auto size = static_cast<uLongf>(filtered.size());
  if (uncompress(filtered.data(), &size, reinterpret_cast<const Bytef*>(packed.data()),
                 static_cast<uLong>(packed.size())) != Z_OK ||
      size != filtered.size())
    throw std::runtime_error("the picture cannot be unpacked");

  std::map<std::string, std::size_t> colours;
  std::map<std::uint32_t, std::size_t> counts;
  bytes above(row, 0), now(row, 0);
  for (std::size_t y = 0; y < height; ++y) {
    const auto* line = filtered.data() + y * (row + 1);
    for (std::size_t i = 0; i < row; ++i) {
      const int left = i < channels ? 0 : now[i - channels];
      const int corner = i < channels ? 0 : above[i - channels];
      now[i] = static_cast<std::uint8_t>(line[1 + i] + predicted(line[0], left, above[i], corner));
    }
    for (std::size_t i = 0; i < row; i += channels)
      ++counts[std::uint32_t{now[i]} << 16 | std::uint32_t{now[i + 1]} << 8 | now[i + 2]];
    above.swap(now);
  }
  for (const auto& [colour, count] : counts) {
    char text[8];
    std::snprintf(text, sizeof text, "#%06x", colour);
    colours[text] = count;
  }
  return colours;
}

}  // namespace verge::test
