#pragma once

#include <filesystem>
#include <vector>

namespace verge {

/// Draws report.html from the files of one run directory (run.toml, ledger.jsonl, summary.json and, if
/// there is one, partition.json) into that directory: one self-contained file that opens without
/// network. Atomic. Throws bad_input when the directory is not a run directory.
void write_report(const std::filesystem::path& run_directory);

/// One page of several runs, whose arms stand in the same figures and tables. `page` ends in .html; empty: report.html
/// in the run directory, or, of several runs, comparison.html in the working directory. Returns the page's name. Throws
/// bad_input when one of the directories is not a run directory or comes twice, or when the page cannot stand where it
/// is to be.
std::filesystem::path write_report(const std::vector<std::filesystem::path>& run_directories,
                                   const std::filesystem::path& page);

}  // namespace verge
