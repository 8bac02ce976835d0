#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

struct run_options {
  /// The run directory; created if it does not exist.
  std::filesystem::path directory;
  /// Replace an existing run directory's files instead of refusing it.
  bool force = false;
  /// Resume the run in the directory, if there is one.
  bool resume = false;
  /// Arms to run, by name; empty = all.
  std::vector<std::string> arms;
  /// Where progress is shown, and whether that is a terminal.
  std::FILE* progress = stderr;
  bool terminal = false;
  /// Called between results. True ends the open arm after its round, and no other arm begins.
  std::function<bool()> should_stop;
};

/// Runs every arm in this process and writes the run directory: run.toml, ledger.jsonl,
/// model-<arm>.pt, summary.json and report.html. Summary and report are written again after each
/// arm, so a stopped run leaves a complete directory. An arm that fails is marked as failed in the
/// summary, and the next arm runs. With how.resume, arms that are not over resume from their last
/// checkpoint, or from their beginning, and end on the same bits. Throws bad_input before anything
/// is written, and run_failure where something cannot be written.
run_summary run_experiment(const experiment& what, const run_options& how);

}  // namespace verge
