#pragma once

#include <string>

namespace verge {

/// `text` with '?' for every control character: words of others that stand in a message get no line of their own and move no
/// cursor.
std::string one_line(std::string text);

}  // namespace verge
