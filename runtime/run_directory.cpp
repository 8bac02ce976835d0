#include "run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "atomic_file.hpp"
#include "recorder.hpp"
#include "verge/runtime/report.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

/// Files of an earlier run in `directory`, which a new one replaces.
std::vector<fs::path> files_of_a_run(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const auto name = entry.path().filename().string();
    if (name == "run.toml" || name == "ledger.jsonl" || name == "summary.json" ||
        name == "report.html" ||
        (name.rfind("model-", 0) == 0 && entry.path().extension() == ".pt"))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Makes the run directory, or says in one line why it cannot be used.
void prepare_directory(const fs::path& directory, bool force) {
  std::error_code failed;
  const auto earlier = files_of_a_run(directory);
  if (!earlier.empty() && !force)
    throw bad_input(
        fmt::format("{}: is there already; --force replaces the run, --out names another "
                    "directory",
                    earlier.front().string()));
  fs::create_directories(directory, failed);
  if (failed)
    throw bad_input(fmt::format("{}: cannot be made: {}", directory.string(), failed.message()));
  const auto probe = directory / ".probe";
  try {
    write_file_atomically(probe, "");
  } catch (const run_failure& e) {
    throw bad_input(fmt::format("{}: cannot be written: {}", directory.string(), e.what()));
  }
  fs::remove(probe, failed);
  for (const auto& file : earlier) fs::remove(file, failed);
}

/// The ledger is whole when this returns.
void finish_recording(caf::actor_system& system, const recorder_actor& recorder) {
  caf::scoped_actor self{system};
  std::string failure;
  self->request(recorder, caf::infinite, drain_atom::value)
      .receive([&](const std::string& why) { failure = why; },
               [&](const caf::error& e) { failure = system.render(e); });
  if (!failure.empty()) throw run_failure(failure);
}

}  // namespace

run_directory::run_directory(fs::path folder, const experiment& resolved, bool force)
    : folder_(std::move(folder)) {
  prepare_directory(folder_, force);
  write_file_atomically(folder_ / "run.toml", to_toml(resolved));
  ledger_ = std::make_shared<ledger_writer>(folder_ / "ledger.jsonl");
  summary_.seed = resolved.seed;
  if (resolved.target_accuracy > 0.0) summary_.target_accuracy = resolved.target_accuracy;
}

void run_directory::run_arm(caf::actor_system& system, const arm_options& arm, const run_plan& plan,
                            const trainer_pool_actor& pool,
                            const std::shared_ptr<progress_display>& display,
                            run_callbacks callbacks) {
  const auto ledger_failed = std::make_shared<std::atomic<bool>>(false);
  const auto recorder = spawn_recorder(
      system, {arm.name, ledger_, display, [ledger_failed] { *ledger_failed = true; }});
  callbacks.listeners.push_back(recorder);
  callbacks.should_stop = [should_stop = std::move(callbacks.should_stop), ledger_failed] {
    return *ledger_failed || (should_stop && should_stop());
  };
  const auto end = run_to_end(system, plan, pool, callbacks);
  finish_recording(system, recorder);
  if (display) display->end_arm();

  plan.model.save_torchscript(end.model.state, folder_ / fmt::format("model-{}.pt", arm.name));
  auto line = summarise(arm, plan.device_count(), lines_of(arm.name), summary_.target_accuracy,
                        model_sha256(plan.model.layout(), end.model.state));
  line.stopped_early = end.stopped_early;
  summary_.arms.push_back(std::move(line));
  write_results();
}

void run_directory::write_results() const {
  write_summary(folder_ / "summary.json", summary_);
  write_report(folder_);
}

std::vector<ledger_line> run_directory::lines_of(const std::string& arm) const {
  auto lines = read_ledger(folder_ / "ledger.jsonl");
  std::erase_if(lines, [&](const auto& line) { return line.arm != arm; });
  return lines;
}

}  // namespace verge
