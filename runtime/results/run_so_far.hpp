#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "verge/runtime/ledger.hpp"

namespace verge {

/// A run as read from its directory, whether it has ended, is under way or was killed.
struct run_so_far {
  /// The text of run.toml.
  std::string settings;
  /// All arms of run.toml, or all their trainings, in its order. An arm that summary.json lacks is
  /// unfinished, and has the numbers that follow from the ledger.
  run_summary summary;
  std::vector<ledger_line> ledger;
};

/// May be called while the run writes. Throws bad_input for a directory without run.toml or
/// ledger.jsonl, and for a file that cannot be read.
run_so_far read_run_so_far(const std::filesystem::path& directory);

}  // namespace verge
