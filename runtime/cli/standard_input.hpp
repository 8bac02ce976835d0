#pragma once

#include <functional>

namespace verge::cli {

/// From now on this process ends, with status 1, when its standard input does: with the program that holds its other
/// end, however that one ends. At once, whatever else goes on here, so nothing may be lost by it: files are written
/// whole or not at all. `say` is called first, in a thread of its own.
void end_with_standard_input(std::function<void()> say);

}  // namespace verge::cli
