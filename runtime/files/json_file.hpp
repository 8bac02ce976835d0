#pragma once

#include <filesystem>

#include "runtime/files/json_fields.hpp"

namespace verge {

/// The JSON in a file. `expected`: what it should be, as in "the JSON of a run's summary". Throws bad_input.
ordered_json read_json_file(const std::filesystem::path& file, const char* expected);

}  // namespace verge
