#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/results/partition_table.hpp"
#include "verge/runtime/ledger.hpp"

/// What a report is drawn from: the files of one run directory, read.
namespace verge::report {

/// Keys of run.toml as texts. They are read leniently, since a report can be drawn of runs whose settings have
/// other keys than today's: what is absent is empty or 0.
struct run_settings {
  std::string name;
  std::string data;
  std::string model;
  std::string norm;
  std::string partition;
  std::int64_t train_samples = 0;
  std::int64_t test_samples = 0;
  /// Of the training samples those that no arm trained on.
  std::int64_t calibration_samples = 0;
  std::int64_t devices = 0;
  /// The keys of [links], or "none".
  std::string links;
  /// By the arm's name: its keys.
  std::map<std::string, std::map<std::string, std::string>> arms;
};

struct run_record {
  std::filesystem::path directory;
  /// Tells the run from the others of the page; empty where it is the only one.
  std::string label;
  /// The file as it is.
  std::string run_toml;
  run_settings settings;
  run_summary summary;
  std::vector<ledger_line> ledger;
  /// Runs of devices that hold their own data have none, and neither have those of earlier versions.
  std::optional<partition_table> partition;

  /// How the page calls an arm of this run.
  std::string label_of(const std::string& arm) const {
    return label.empty() ? arm : label + " / " + arm;
  }
};

/// Throws bad_input that names the directory and what it lacks, or the file and the place that cannot be read.
run_record read_run(const std::filesystem::path& directory);

/// Of one run: no labels. Of several: their names, and where names are equal, as many of the last folders of their
/// directories as tell them apart. Throws bad_input where a directory comes twice.
std::vector<run_record> read_runs(const std::vector<std::filesystem::path>& directories);

}  // namespace verge::report
