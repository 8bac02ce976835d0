#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace verge {

/// Draws report.html into a run directory, from its run.toml, ledger.jsonl and, if they exist,
/// summary.json and partition.json. The run may be under way, or may have been killed. The page is
/// one self-contained file that needs no network, and is written atomically. Throws bad_input when
/// the directory is not a run directory.
void write_report(const std::filesystem::path& run_directory);

enum class figure_format : std::uint8_t { svg, png, pdf };

struct report_options {
  /// The page's file, whose name ends in .html. Empty = report.html in the run directory or, for
  /// several runs, comparison.html in the working directory.
  std::filesystem::path page;
  /// Format in which gnuplot also draws each figure, into a folder `figures` beside the page.
  /// Unset: no such files.
  std::optional<figure_format> figures;
};

/// Draws one page of several runs, whose arms share figures and tables. Returns the written files,
/// the page first. Everything is drawn before the first file is written. Throws bad_input when a
/// directory is not a run directory or is given twice, when the page cannot be written at its
/// place, or when figures are asked for and gnuplot is missing.
std::vector<std::filesystem::path> write_report(
    const std::vector<std::filesystem::path>& run_directories, const report_options& options);

}  // namespace verge
