#pragma once

#include <functional>

namespace verge::cli {

/// From now on this process ends with status 1 when its standard input ends, that is with the
/// program that holds the other end, in whatever way that one ends. The process ends at once,
/// whatever it is doing; nothing is lost because files are written atomically. `say` is called
/// first, on a thread of its own.
void end_with_standard_input(std::function<void()> say);

}  // namespace verge::cli
