#pragma once

#include <caf/all.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/experiment/trial.hpp"
#include "runtime/files/directory_lock.hpp"
#include "runtime/results/partition_table.hpp"
#include "runtime/resume/device_book.hpp"
#include "runtime/resume/unfinished_experiment.hpp"
#include "runtime/resume/unfinished_run.hpp"
#include "runtime/run/progress.hpp"
#include "runtime/run/recorder.hpp"
#include "runtime/run/run_actors.hpp"
#include "verge/model/network.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// The file with the checkpoints of an arm, and the run that they name.
struct checkpoint_place {
  std::filesystem::path file;
  std::string run_id;
};

/// The folder that a run leaves: run.toml, partition.json, ledger.jsonl, model-<arm>.pt,
/// summary.json and report.html. A server's run also leaves devices.json and its last checkpoint.
/// Summary and report are written again after each arm, so a stopped run leaves a complete
/// directory.
class run_directory {
public:
  /// Makes the folder. Replaces an earlier run only with `force`. `resolved` has only the arms to
  /// run. Throws bad_input, one line, when the folder cannot be used.
  run_directory(std::filesystem::path folder, const experiment& resolved, bool force);
  /// The same for a server's run, where `book` lets a later server resume it.
  run_directory(std::filesystem::path folder, const experiment& resolved, bool force,
                const device_book& book);
  /// Opens the folder of a server's run that resumes. Throws bad_input when its ledger lacks a
  /// round before the checkpoint.
  run_directory(std::filesystem::path folder, const experiment& resolved, unfinished_run earlier);

  /// Opens the folder of a run of `verge run` that resumes. The summary keeps the arms that are
  /// over. Throws as above.
  run_directory(std::filesystem::path folder, const experiment& resolved,
                unfinished_experiment earlier);

  /// Writes partition.json for the report, and calls set_holders().
  void keep_partition(const partition_table& table);
  /// Sets the label counts of the devices for the trainings that follow, which another seed may
  /// have dealt anew.
  void set_holders(const partition_table& table);
  /// Runs a training until it ends or fails, writes its results, and returns how it ended.
  /// Checkpoints of the plan go to `checkpoints`. Throws run_failure where the results cannot be
  /// written. `let_devices_in` is called before round 1, for devices of other processes.
  run_ended run_arm(caf::actor_system& system, const trial& training, const run_plan& plan,
                    const trainer_pool_actor& pool,
                    const std::shared_ptr<progress_display>& display, run_callbacks callbacks,
                    const checkpoint_place& checkpoints,
                    std::function<void(const run_actors&)> let_devices_in = {});
  /// The state of an arm that resumes from `resumed`: the sums of the ledger over the rounds before
  /// that checkpoint, and the checkpoint's own round. Null = the arm begins.
  arm_so_far so_far(const std::string& arm, const std::shared_ptr<run_checkpoint>& resumed) const;
  void write_results() const;
  /// Removes the checkpoint of an arm that has ended, once its devices know: there is nothing left
  /// to resume.
  static void discard(const checkpoint_place& checkpoints);

  const run_summary& summary() const { return summary_; }

private:
  void begin(const experiment& resolved);
  std::string save_model(const arm_options& arm, const network& net, const run_ended& end) const;
  std::vector<ledger_line> lines_of(const std::string& arm) const;

  const std::filesystem::path folder_;
  directory_lock lock_;
  std::shared_ptr<ledger_writer> ledger_;
  /// Unset where the label counts are unknown.
  std::optional<partition_table> partition_;
  run_summary summary_;
};

}  // namespace verge
