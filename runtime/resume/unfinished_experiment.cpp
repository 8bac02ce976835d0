#include "runtime/resume/unfinished_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/resume/checkpoint_file.hpp"
#include "runtime/resume/unfinished_run.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

/// The summaries of the arms that have ended or failed. A stopped arm resumes and gets a new
/// summary.
run_summary arms_that_are_over(const fs::path& folder) {
  const auto file = folder / "summary.json";
  if (!fs::exists(file)) return {};
  auto summary = read_summary(file);
  std::erase_if(summary.arms, [](const auto& arm) { return arm.status == arm_status::stopped; });
  return summary;
}

}  // namespace

fs::path checkpoint_of(const fs::path& folder, const std::string& arm) {
  return folder / (std::string{checkpoint_name} + "-" + arm);
}

fs::path experiment_to_resume(const fs::path& folder) {
  if (!has_begun(folder))
    throw bad_input(fmt::format(
        "--resume {}: holds no run; expected the folder of a run of `verge run`", folder.string()));
  if (fs::exists(folder / device_book_name))
    throw bad_input(
        fmt::format("--resume {}: holds a run of a server; expected one of `verge run`, and "
                    "`verge server --resume` or `verge up --resume` for this one",
                    folder.string()));
  return folder / "run.toml";
}

unfinished_experiment open_unfinished_experiment(
    const fs::path& folder, const experiment& resolved, const std::vector<std::string>& trainings,
    const std::function<manifest(std::size_t index)>& layout_of) {
  check_same_experiment(experiment_to_resume(folder), resolved);
  unfinished_experiment found{directory_lock{folder}, arms_that_are_over(folder), {}};
  for (std::size_t i = 0; i < trainings.size(); ++i) {
    const auto& name = trainings[i];
    const auto& over = found.over.arms;
    if (std::any_of(over.begin(), over.end(), [&](const auto& one) { return one.name == name; }))
      continue;
    auto& checkpoint = found.checkpoints[name];
    if (const auto file = checkpoint_of(folder, name); fs::exists(file))
      checkpoint = std::make_shared<run_checkpoint>(read_checkpoint(file, name, layout_of(i)));
  }
  return found;
}

}  // namespace verge
