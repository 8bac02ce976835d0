#pragma once

#include <string>

namespace verge {

/// `text` with '?' for every control character. Untrusted words in a message can then neither begin
/// a line nor move the cursor.
std::string one_line(std::string text);

}  // namespace verge
