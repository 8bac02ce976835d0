#pragma once

#include <filesystem>
#include <string>

#include "actors/round/run_checkpoint.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// Writes the state of run `run_id` after a round into one file, atomically. Throws run_failure; an
/// earlier checkpoint at `path` is then untouched.
void write_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                      const manifest& layout, const run_checkpoint& state);

/// Throws bad_input when the file cannot be read, is damaged, or belongs to another run or model.
run_checkpoint read_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                               const manifest& layout);

}  // namespace verge
