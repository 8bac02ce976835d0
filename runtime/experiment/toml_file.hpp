#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string>

namespace verge {

/// Parses `text`, the content of `file`, as TOML. Throws bad_input naming the file and the line.
toml::table parse_toml(const std::string& text, const std::filesystem::path& file);

}  // namespace verge
