#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace verge::test {

/// How many pixels of a picture have which colour, "#rrggbb". Of PNG it knows what our figures are: 8 bits a
/// channel, with or without opacity, not interlaced. Throws std::runtime_error where it is something else or damaged.
std::map<std::string, std::size_t> png_colours(const std::string& png);

}  // namespace verge::test
