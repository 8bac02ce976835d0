#include "verge/runtime/run_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <system_error>

#include "arm_plan.hpp"
#include "atomic_file.hpp"
#include "recorder.hpp"
#include "verge/runtime/report.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

std::vector<arm_options> chosen_arms(const experiment& what,
                                     const std::vector<std::string>& names) {
  if (names.empty()) return what.arms;
  std::vector<arm_options> chosen;
  for (const auto& name : names) {
    const auto found = std::find_if(what.arms.begin(), what.arms.end(),
                                    [&](const auto& arm) { return arm.name == name; });
    if (found == what.arms.end()) {
      std::string known;
      for (const auto& arm : what.arms) known += (known.empty() ? "" : ", ") + arm.name;
      throw bad_input(fmt::format("--arm {}: no such arm; the experiment has {}", name, known));
    }
    if (std::count(names.begin(), names.end(), name) > 1)
      throw bad_input(fmt::format("--arm {}: given more than once", name));
    chosen.push_back(*found);
  }
  return chosen;
}

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

/// However a run ends: queued tasks of a pool are nobody's any more.
struct pool_guard {
  trainer_pool_actor pool;
  ~pool_guard() { caf::anon_send_exit(pool, caf::exit_reason::user_shutdown); }
};

/// One arm after the other, in one actor system with one pool of trainers.
class experiment_run {
public:
  experiment_run(const experiment& what, const run_options& how)
      : what_(what),
        how_(how),
        arms_(chosen_arms(what, how.arms)),
        data_(read_data(what)),
        model_(build_network(what, data_)),
        display_(std::make_shared<progress_display>(how.progress, how.terminal)) {
    check_arms();
    prepare_directory(how.directory, how.force);
    auto resolved = what;
    resolved.arms = arms_;
    write_file_atomically(how.directory / "run.toml", to_toml(resolved));
    ledger_ = std::make_shared<ledger_writer>(how.directory / "ledger.jsonl");
    summary_.seed = what.seed;
    if (what.target_accuracy > 0.0) summary_.target_accuracy = what.target_accuracy;
  }

  run_summary run() {
    caf::actor_system_config config;
    configure_scheduler(config, what_.threads);
    caf::actor_system system{config};
    const pool_guard guard{spawn_trainer_pool(system, model_, {what_.threads, 0})};
    for (std::uint32_t i = 0; i < arms_.size() && !stopped(); ++i)
      run_arm(system, guard.pool, arms_[i], i);
    if (summary_.arms.empty()) write_results();  // stopped before the first arm
    return summary_;
  }

private:
  /// What can only be known once the data is read. Of all arms before the first one is run, and before
  /// an earlier run is replaced.
  void check_arms() const {
    for (const auto& arm : arms_) check_plan(plan_arm(what_, arm, data_, model_));
  }

  bool stopped() const { return how_.should_stop && how_.should_stop(); }

  void run_arm(caf::actor_system& system, const trainer_pool_actor& pool, const arm_options& arm,
               std::uint32_t index) {
    const auto plan = plan_arm(what_, arm, data_, model_);
    display_->begin_arm(arm.name, index + 1, static_cast<std::uint32_t>(arms_.size()), plan.rounds);
    const auto ledger_failed = std::make_shared<std::atomic<bool>>(false);
    const auto recorder = spawn_recorder(
        system, {arm.name, ledger_, display_, [ledger_failed] { *ledger_failed = true; }});
    run_callbacks callbacks;
    callbacks.listeners = {recorder};
    callbacks.should_stop = [&] { return stopped() || *ledger_failed; };
    const auto end = run_to_end(system, plan, pool, callbacks);
    finish_recording(system, recorder);
    display_->end_arm();

    model_.save_torchscript(end.model.state, how_.directory / fmt::format("model-{}.pt", arm.name));
    auto line = summarise(arm, static_cast<std::uint32_t>(plan.devices.size()), lines_of(arm.name),
                          summary_.target_accuracy, model_sha256(model_.layout(), end.model.state));
    line.stopped_early = end.stopped_early;
    summary_.arms.push_back(std::move(line));
    write_results();
  }

  void write_results() const {
    write_summary(how_.directory / "summary.json", summary_);
    write_report(how_.directory);
  }

  /// The ledger is whole when this returns.
  static void finish_recording(caf::actor_system& system, const recorder_actor& recorder) {
    caf::scoped_actor self{system};
    std::string failure;
    self->request(recorder, caf::infinite, drain_atom::value)
        .receive([&](const std::string& why) { failure = why; },
                 [&](const caf::error& e) { failure = system.render(e); });
    if (!failure.empty()) throw run_failure(failure);
  }

  std::vector<ledger_line> lines_of(const std::string& arm) const {
    auto lines = read_ledger(how_.directory / "ledger.jsonl");
    std::erase_if(lines, [&](const auto& line) { return line.arm != arm; });
    return lines;
  }

  const experiment& what_;
  const run_options& how_;
  const std::vector<arm_options> arms_;
  const experiment_data data_;
  const network model_;
  std::shared_ptr<ledger_writer> ledger_;
  const std::shared_ptr<progress_display> display_;
  run_summary summary_;
};

}  // namespace

run_summary run_experiment(const experiment& what, const run_options& how) {
  return experiment_run{what, how}.run();
}

}  // namespace verge
