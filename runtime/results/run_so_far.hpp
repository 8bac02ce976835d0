#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "verge/runtime/ledger.hpp"

namespace verge {

/// A run as its directory tells it, whether it has ended, is under way or was killed.
struct run_so_far {
  /// run.toml as it is.
  std::string settings;
  /// Of all arms of run.toml, in its order, or all trainings of them: summary.json where it has the arm, else what the ledger tells of it, as
  /// unfinished.
  run_summary summary;
  std::vector<ledger_line> ledger;
};

/// May be asked while the run writes. Throws bad_input where the directory is none of a run, that is without run.toml or
/// ledger.jsonl, or where a file of it cannot be read.
run_so_far read_run_so_far(const std::filesystem::path& directory);

}  // namespace verge
