#pragma once

#include <string>
#include <string_view>

namespace verge {

/// `text` as a TOML basic string on one line, quotes included.
std::string toml_quoted(std::string_view text);

/// Whether `text` is UTF-8, as everything in a TOML file has to be.
bool is_utf8(std::string_view text);

}  // namespace verge
