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
  /// The run directory; made if it is not there.
  std::filesystem::path directory;
  /// Replace an existing run directory's files instead of refusing it.
  bool force = false;
  /// Go on with the run in it, if there is one.
  bool resume = false;
  /// Arms to run, by name; empty = all.
  std::vector<std::string> arms;
  /// Where progress is shown, and whether that is a terminal.
  std::FILE* progress = stderr;
  bool terminal = false;
  /// True ends the open arm after its round and starts no other.
  std::function<bool()> should_stop;
};

/// Runs every arm in this process and writes the run directory: run.toml, ledger.jsonl, model-<arm>.pt,
/// summary.json and report.html; summary and report are written again after each arm, so a run that is
/// stopped leaves a whole directory. An arm that cannot go on is in the summary as one that has failed, and the next one
/// is run. Throws bad_input before anything is written, run_failure where something cannot be written.
/// With how.resume the arms that are not over go on from their last checkpoint, or from their beginning, to the same bits.
run_summary run_experiment(const experiment& what, const run_options& how);

}  // namespace verge
