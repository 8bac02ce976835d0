#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/round/run_checkpoint.hpp"
#include "runtime/files/directory_lock.hpp"
#include "verge/model/manifest.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// The file in which `verge run` keeps the checkpoint of an arm while the arm trains.
std::filesystem::path checkpoint_of(const std::filesystem::path& folder, const std::string& arm);

/// The experiment file (run.toml) of the run in `folder`, needed to resume it. Throws bad_input
/// where run_experiment() has not begun a run there.
std::filesystem::path experiment_to_resume(const std::filesystem::path& folder);

/// A run of `verge run` that was killed, has failed, was stopped before its end, or is over. Holds
/// the lock of its folder.
struct unfinished_experiment {
  directory_lock lock;
  /// The arms that are over: they have ended or failed.
  run_summary over;
  /// The checkpoints of the other trainings, by name; null = there is no checkpoint, and the
  /// training begins anew.
  std::map<std::string, std::shared_ptr<run_checkpoint>> checkpoints;
};

/// `trainings`: the names of all trainings of `resolved`; `layout_of`: the model layout of each,
/// which its checkpoint must have. Where all trainings are over, `checkpoints` is empty. Throws
/// bad_input when there is no such run, or when it is not a run of `resolved`; threads, the data
/// set's path and torch_device may differ.
unfinished_experiment open_unfinished_experiment(
    const std::filesystem::path& folder, const experiment& resolved,
    const std::vector<std::string>& trainings,
    const std::function<manifest(std::size_t index)>& layout_of);

}  // namespace verge
