#pragma once

#include <filesystem>

namespace verge {

/// Throws bad_input unless the files of a finished run are in `directory`: run.toml, ledger.jsonl and summary.json.
void expect_finished_run(const std::filesystem::path& directory);

}  // namespace verge
