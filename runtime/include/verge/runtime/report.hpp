#pragma once

#include <filesystem>
#include <vector>

namespace verge {

/// Draws report.html from the files of one run directory (run.toml, ledger.jsonl, summary.json and, if
/// there is one, partition.json) into that directory: one self-contained file that opens without
/// network. Atomic. Throws bad_input when the directory is not a run directory.
void write_report(const std::filesystem::path& run_directory);

}  // namespace verge
