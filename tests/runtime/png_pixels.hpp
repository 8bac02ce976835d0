#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace verge::test {

/// Number of pixels of each colour, "#rrggbb", in a PNG picture. It reads only the kind of our
/// figures: 8 bits per channel, with or without opacity, not interlaced. Throws std::runtime_error
/// for other kinds and for damaged pictures.
std::map<std::string, std::size_t> png_colours(const std::string& png);

}  // namespace verge::test
