#pragma once

#include <caf/all.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "verge/model/network.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"
#include "verge/runtime/progress.hpp"
#include "verge/runtime/virtual_run.hpp"

namespace verge {

/// What runs leave behind: run.toml, ledger.jsonl, model-<arm>.pt, summary.json and report.html, in one
/// folder. Summary and report are written again after each arm, so a run that is stopped leaves a whole
/// directory.
class run_directory {
public:
  /// Makes the folder, or says in one line (bad_input) why it cannot be used; replaces an earlier run only
  /// with `force`. `resolved`: with the arms that are run.
  run_directory(std::filesystem::path folder, const experiment& resolved, bool force);

  /// Runs an arm to its end and writes down what it comes to. Throws run_failure.
  void run_arm(caf::actor_system& system, const arm_options& arm, const run_plan& plan,
               const trainer_pool_actor& pool, const std::shared_ptr<progress_display>& display,
               run_callbacks callbacks);
  void write_results() const;

  const run_summary& summary() const { return summary_; }

private:
  std::vector<ledger_line> lines_of(const std::string& arm) const;

  const std::filesystem::path folder_;
  std::shared_ptr<ledger_writer> ledger_;
  run_summary summary_;
};

}  // namespace verge
