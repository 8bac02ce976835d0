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

/// Where `verge run` keeps the checkpoints of an arm while it trains.
std::filesystem::path checkpoint_of(const std::filesystem::path& folder, const std::string& arm);

/// The experiment of the run in `folder`, for who goes on with it. Throws bad_input where run_experiment() has begun none
/// there.
std::filesystem::path experiment_to_resume(const std::filesystem::path& folder);

/// A run of `verge run`: killed, failed, stopped before its end, or over. Holds its folder.
struct unfinished_experiment {
  directory_lock lock;
  /// Arms that nothing is left to do of: they have had all their rounds, or cannot go on.
  run_summary over;
  /// By the names of the others; null: there is none, and the arm begins anew.
  std::map<std::string, std::shared_ptr<run_checkpoint>> checkpoints;
};

/// `trainings`: the names of all trainings of `resolved`; `layout_of`: the model of each, as its checkpoint has it. Of a
/// run all of which is over, `checkpoints` is empty. Throws bad_input: there is no such run, or it is not of `resolved`,
/// where threads and the data set's place may differ.
unfinished_experiment open_unfinished_experiment(
    const std::filesystem::path& folder, const experiment& resolved,
    const std::vector<std::string>& trainings,
    const std::function<manifest(std::size_t index)>& layout_of);

}  // namespace verge
