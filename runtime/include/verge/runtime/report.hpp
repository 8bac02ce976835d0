#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace verge {

/// Draws report.html from the files of one run directory (run.toml, ledger.jsonl and, if they are there,
/// summary.json and partition.json), also of a run that is under way or was killed, into that directory: one self-contained file that opens without
/// network. Atomic. Throws bad_input when the directory is not a run directory.
void write_report(const std::filesystem::path& run_directory);

enum class figure_format : std::uint8_t { svg, png, pdf };

struct report_options {
  /// The page; its name ends in .html. Empty: report.html in the run directory, or, of several runs,
  /// comparison.html in the working directory.
  std::filesystem::path page;
  /// Each figure as a file too, in a folder `figures` beside the page, drawn by gnuplot.
  std::optional<figure_format> figures;
};

/// One page of several runs, whose arms stand in the same figures and tables. Returns the files written, the page
/// first. Everything is drawn before the first file is written. Throws bad_input when one of the directories is not a
/// run directory or comes twice, when the page cannot stand where it is to be, or when figures are asked for and
/// there is no gnuplot.
std::vector<std::filesystem::path> write_report(
    const std::vector<std::filesystem::path>& run_directories, const report_options& options);

}  // namespace verge
