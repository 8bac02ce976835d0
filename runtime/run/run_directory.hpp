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

/// Where the checkpoints of an arm are kept, and of which run they say they are.
struct checkpoint_place {
  std::filesystem::path file;
  std::string run_id;
};

/// What runs leave behind: run.toml, partition.json, ledger.jsonl, model-<arm>.pt, summary.json and report.html,
/// in one folder; of a server's run also devices.json and its last checkpoint. Summary and report are written again
/// after each arm, so a run that is stopped leaves a whole directory.
class run_directory {
public:
  /// Makes the folder, or says in one line (bad_input) why it cannot be used; replaces an earlier run only
  /// with `force`. `resolved`: with the arms that are run.
  run_directory(std::filesystem::path folder, const experiment& resolved, bool force);
  /// The same for the run of a server, which may be resumed later.
  run_directory(std::filesystem::path folder, const experiment& resolved, bool force,
                const device_book& book);
  /// The folder of a run that goes on. Throws bad_input when its ledger has not all rounds before the checkpoint.
  run_directory(std::filesystem::path folder, const experiment& resolved, unfinished_run earlier);

  /// The folder of a run of `verge run` that goes on, with the arms that are over. Throws as above.
  run_directory(std::filesystem::path folder, const experiment& resolved,
                unfinished_experiment earlier);

  /// Who holds what, for the report.
  void keep_partition(const partition_table& table);
  /// The same of the trainings that follow, where another seed has dealt the data anew.
  void set_holders(const partition_table& table);
  /// Runs a training to its end, or until it cannot go on, and writes down what it comes to; how it has ended. Throws
  /// run_failure where that cannot be written. Where the plan has checkpoints they go to `checkpoints`.
  /// `let_devices_in` is called before round 1, for devices of other processes.
  run_ended run_arm(caf::actor_system& system, const trial& training, const run_plan& plan,
                    const trainer_pool_actor& pool,
                    const std::shared_ptr<progress_display>& display, run_callbacks callbacks,
                    const checkpoint_place& checkpoints,
                    std::function<void(const run_actors&)> let_devices_in = {});
  /// What an arm has come to that goes on from `resumed`: what the ledger says of the rounds before its own, and that. Null:
  /// the arm begins.
  arm_so_far so_far(const std::string& arm, const std::shared_ptr<run_checkpoint>& resumed) const;
  void write_results() const;
  /// The arm has come to its end, and its devices know: there is nothing to resume.
  static void discard(const checkpoint_place& checkpoints);

  const run_summary& summary() const { return summary_; }

private:
  void begin(const experiment& resolved);
  std::string save_model(const arm_options& arm, const network& net, const run_ended& end) const;
  std::vector<ledger_line> lines_of(const std::string& arm) const;

  const std::filesystem::path folder_;
  directory_lock lock_;
  std::shared_ptr<ledger_writer> ledger_;
  /// Where it is known.
  std::optional<partition_table> partition_;
  run_summary summary_;
};

}  // namespace verge
