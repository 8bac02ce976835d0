#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/results/partition_table.hpp"
#include "verge/runtime/ledger.hpp"

/// The content of one run directory, from which a report is drawn.
namespace verge::report {

/// Keys of run.toml as texts. They are read leniently, because runs of other versions, whose
/// settings have other keys, can have a report too. A missing key is empty or 0.
struct run_settings {
  std::string name;
  std::string data;
  std::string model;
  std::string norm;
  std::string partition;
  std::int64_t train_samples = 0;
  std::int64_t test_samples = 0;
  /// Number of training samples on which no arm trained.
  std::int64_t calibration_samples = 0;
  std::int64_t devices = 0;
  /// The keys of [links], or "none".
  std::string links;
  /// The keys of each arm, by the arm's name.
  std::map<std::string, std::map<std::string, std::string>> arms;
};

struct run_record {
  std::filesystem::path directory;
  /// Distinguishes the run from the others of the page; empty where it is the only one.
  std::string label;
  /// The text of the file.
  std::string run_toml;
  run_settings settings;
  run_summary summary;
  std::vector<ledger_line> ledger;
  /// Unset in runs whose devices hold their own data, and in runs of earlier versions.
  std::optional<partition_table> partition;

  /// The page's name for an arm of this run.
  std::string label_of(const std::string& arm) const {
    return label.empty() ? arm : label + " / " + arm;
  }
};

/// Throws bad_input naming the directory and the file that it lacks, or the file and the place that
/// cannot be read.
run_record read_run(const std::filesystem::path& directory);

/// Reads the runs of a page and labels them. A single run has no label. Several runs are labelled
/// with their names, and runs of the same name also with as many last folders of their directories
/// as distinguish them. Throws bad_input where a directory is given twice.
std::vector<run_record> read_runs(const std::vector<std::filesystem::path>& directories);

}  // namespace verge::report
