#include "runtime/run/run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "messages/kill_point.hpp"
#include "runtime/files/atomic_file.hpp"
#include "runtime/plan/warm_up_note.hpp"
#include "runtime/results/device_accuracy.hpp"
#include "runtime/results/trial_summary.hpp"
#include "runtime/resume/checkpoint_file.hpp"
#include "verge/runtime/report.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

/// The files of an earlier run in `directory`, which a new run replaces.
std::vector<fs::path> files_of_a_run(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const auto name = entry.path().filename().string();
    if (name == "run.toml" || name == "ledger.jsonl" || name == "summary.json" ||
        name == "report.html" || name == partition_table_name || name == device_book_name ||
        name == checkpoint_name || name.rfind(checkpoint_of({}, {}).string(), 0) == 0 ||
        (name.rfind("model-", 0) == 0 && entry.path().extension() == ".pt"))
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Makes the run directory. Throws bad_input, one line, when it cannot be used.
directory_lock prepare_directory(const fs::path& directory, bool force) {
  std::error_code failed;
  const auto earlier = files_of_a_run(directory);
  // A device book alone is left of a run that never began.
  const auto found = std::find_if(earlier.begin(), earlier.end(), [](const auto& file) {
    return file.filename() != device_book_name;
  });
  if (found != earlier.end() && !force)
    throw bad_input(
        fmt::format("{}: is there already; --force replaces the run, --out names another "
                    "directory",
                    found->string()));
  fs::create_directories(directory, failed);
  if (failed)
    throw bad_input(fmt::format("{}: cannot be made: {}", directory.string(), failed.message()));
  directory_lock lock{directory};
  const auto probe = directory / ".probe";
  try {
    write_file_atomically(probe, "");
  } catch (const run_failure& e) {
    throw bad_input(fmt::format("{}: cannot be written: {}", directory.string(), e.what()));
  }
  fs::remove(probe, failed);
  remove_unfinished_files(directory);
  fs::remove(directory / "run.toml", failed);  // first, because without it there is no run
  for (const auto& file : earlier) fs::remove(file, failed);
  return lock;
}

/// Waits until the ledger is complete. Throws run_failure when it cannot be written.
void finish_recording(caf::actor_system& system, const recorder_actor& recorder) {
  caf::scoped_actor self{system};
  std::string failure;
  self->request(recorder, caf::infinite, drain_atom::value)
      .receive([&](const std::string& why) { failure = why; },
               [&](const caf::error& e) { failure = system.render(e); });
  if (!failure.empty()) throw run_failure(failure);
}

recorder_options recording_of(const trial& training, const std::shared_ptr<ledger_writer>& ledger,
                              const std::shared_ptr<progress_display>& display) {
  const auto& arm = training.options;
  return {arm.name, training.seed, norm_text(arm), ledger, display, {}, {}, {}};
}

}  // namespace

run_directory::run_directory(fs::path folder, const experiment& resolved, bool force)
    : folder_(std::move(folder)), lock_(prepare_directory(folder_, force)) {
  begin(resolved);
}

run_directory::run_directory(fs::path folder, const experiment& resolved, bool force,
                             const device_book& book)
    : folder_(std::move(folder)), lock_(prepare_directory(folder_, force)) {
  // Written first, so that a directory with run.toml always has it.
  write_device_book(folder_ / device_book_name, book);
  begin(resolved);
}

run_directory::run_directory(fs::path folder, const experiment& resolved, unfinished_run earlier)
    : folder_(std::move(folder)), lock_(std::move(earlier.lock)) {
  remove_unfinished_files(folder_);
  // The resumed run tells the line of the checkpoint's round once more.
  const auto& checkpoint = earlier.checkpoint;
  cut_ledger(folder_ / "ledger.jsonl", resolved.arms.at(0).name,
             checkpoint ? checkpoint->line.round : round_id{1});
  begin(resolved);
}

run_directory::run_directory(fs::path folder, const experiment& resolved,
                             unfinished_experiment earlier)
    : folder_(std::move(folder)), lock_(std::move(earlier.lock)) {
  remove_unfinished_files(folder_);
  for (const auto& [arm, checkpoint] : earlier.checkpoints)
    cut_ledger(folder_ / "ledger.jsonl", arm, checkpoint ? checkpoint->line.round : round_id{1});
  begin(resolved);
  summary_.arms = std::move(earlier.over.arms);
}

void run_directory::begin(const experiment& resolved) {
  write_file_atomically(folder_ / "run.toml", to_toml(resolved));
  ledger_ = std::make_shared<ledger_writer>(folder_ / "ledger.jsonl");
  summary_.seed = resolved.seed;
  if (resolved.target_accuracy > 0.0) summary_.target_accuracy = resolved.target_accuracy;
}

void run_directory::keep_partition(const partition_table& table) {
  write_partition_table(folder_ / partition_table_name, table);
  set_holders(table);
}

void run_directory::set_holders(const partition_table& table) {
  ledger_->set_device_accuracy(
      [table](const accuracy_list& by_label) { return accuracy_by_device(table, by_label); });
  partition_ = table;
}

run_ended run_directory::run_arm(caf::actor_system& system, const trial& training,
                                 const run_plan& plan, const trainer_pool_actor& pool,
                                 const std::shared_ptr<progress_display>& display,
                                 run_callbacks callbacks, const checkpoint_place& checkpoints,
                                 std::function<void(const run_actors&)> let_devices_in) {
  const auto& arm = training.options;
  auto recording = recording_of(training, ledger_, display);
  recording.keep = [checkpoints, layout = plan.model.layout()](const run_checkpoint& m) {
    write_checkpoint(checkpoints.file, checkpoints.run_id, layout, m);
  };
  const auto ledger_failed = std::make_shared<std::atomic<bool>>(false);
  recording.note = [name = arm.name, how = plan.how.plan](const run_length& length) {
    return warm_up_note(name, how, length);
  };
  recording.on_failure = [ledger_failed] { *ledger_failed = true; };
  const auto recorder = spawn_recorder(system, recording);
  callbacks.listeners.push_back(recorder);
  callbacks.should_stop = [should_stop = std::move(callbacks.should_stop), ledger_failed] {
    return *ledger_failed || (should_stop && should_stop());
  };
  const auto end =
      run_until_ended(system, plan, pool, callbacks, {recorder, std::move(let_devices_in)});
  finish_recording(system, recorder);
  if (recording.display) recording.display->end_arm(end.failure);

  // Saved before the summary, which says that the model and the ledger lines exist.
  const auto hash = save_model(arm, plan.model, end);
  sync_file(folder_ / "ledger.jsonl");
  auto line =
      summarise(training, plan.device_count(), lines_of(arm.name), summary_.target_accuracy, hash);
  if (partition_) line.accuracy_by_device = accuracy_by_device(*partition_, line.accuracy_by_label);
  if (end.stopped_early) line.status = arm_status::stopped;
  if (!end.failure.empty()) {
    line.status = arm_status::failed;
    line.failure = end.failure;
  }
  if (end.ended_by != stop_rule::none) line.ended_by = std::string(name_of(end.ended_by));
  summary_.arms.push_back(std::move(line));
  write_results();
  return end;
}

void run_directory::discard(const checkpoint_place& checkpoints) {
  std::error_code ignored;
  fs::remove(checkpoints.file, ignored);
}

/// Saves the model and returns its hash. A failed arm has the model of its last commit; without a
/// commit nothing is saved, and the hash is empty.
std::string run_directory::save_model(const arm_options& arm, const network& net,
                                      const run_ended& end) const {
  if (!end.failure.empty() && end.rounds == 0) return {};
  const auto file = folder_ / fmt::format("model-{}.pt", arm.name);
  const auto model = net.completed(end.model.state);
  net.save_torchscript(model, file);
  kill_point("model saved");
  sync_file(file);
  return model_sha256(net.tensors(), model);
}

arm_so_far run_directory::so_far(const std::string& arm,
                                 const std::shared_ptr<run_checkpoint>& resumed) const {
  arm_so_far before;
  if (!resumed) return before;
  for (const auto& line : lines_of(arm)) {
    before.add(line.round);
    if (line.accuracy)
      before.evaluation = {line.round.round, line.round.version,           line.round.epoch,
                           *line.accuracy,   line.test_loss.value_or(0.0), line.accuracy_by_label};
  }
  before.add(resumed->line);
  return before;
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
