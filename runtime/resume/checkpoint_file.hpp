#pragma once

#include <filesystem>
#include <string>

#include "actors/round/run_checkpoint.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// The state of run `run_id` after a round, in one file that is there whole or not at all. Throws run_failure; an
/// earlier checkpoint at `path` is then untouched.
void write_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                      const manifest& layout, const run_checkpoint& state);

/// Throws bad_input: the file is damaged, or of another run or model.
run_checkpoint read_checkpoint(const std::filesystem::path& path, const std::string& run_id,
                               const manifest& layout);

}  // namespace verge
