#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string>

namespace verge {

/// `text` of `file` as TOML. Throws bad_input that names the file and the line.
toml::table parse_toml(const std::string& text, const std::filesystem::path& file);

}  // namespace verge
