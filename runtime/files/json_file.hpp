#pragma once

#include <filesystem>

#include "runtime/files/json_fields.hpp"

namespace verge {

/// Reads a JSON file. `expected` names its content in errors, such as "the JSON of a run's
/// summary". Throws bad_input.
ordered_json read_json_file(const std::filesystem::path& file, const char* expected);

}  // namespace verge
