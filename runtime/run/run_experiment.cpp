#include "verge/runtime/run_experiment.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/experiment/trial.hpp"
#include "runtime/plan/arm_plan.hpp"
#include "runtime/plan/remarks.hpp"
#include "runtime/run/pool_guard.hpp"
#include "runtime/run/run_directory.hpp"

namespace verge {

namespace {

/// Runs all trainings of an experiment, one after another, in one actor system.
class experiment_run {
public:
  experiment_run(const experiment& what, const run_options& how)
      : what_(chosen_part(what, how.arms)),
        how_(how),
        trials_(trials_of(what_)),
        seeded_(with_seed(what_, what_.seed)),
        data_(read_data(seeded_)) {
    check_plans();
  }

  run_summary run() {
    auto directory = open_directory();
    // The run may have been killed when only this was left to do.
    if (how_.resume) directory.write_results();
    directory.keep_partition(holders());
    const auto display = std::make_shared<progress_display>(how_.progress, how_.terminal);
    caf::actor_system_config config;
    configure_scheduler(config, what_.threads);
    caf::actor_system system{config};
    std::optional<pool_guard> trainers;  // consecutive trainings of the same network share them
    std::optional<network_options> network_of_trainers;
    const auto count = static_cast<std::uint32_t>(trials_.size());
    bool is_all_over = true;
    for (std::uint32_t i = 0; i < count && !stopped(); ++i) {
      const auto& training = trials_[i];
      if (is_over(directory.summary(), training)) {
        run_directory::discard(checkpoints_of(training));
        continue;
      }
      is_all_over = false;
      if (seed_with(training.seed)) directory.set_holders(holders());
      auto plan = plan_of(training);
      plan.resumed = checkpoints_[training.options.name];
      if (!trainers || network_of_trainers != plan.model.options()) {
        trainers.emplace(
            spawn_trainer_pool(system, plan.model, {what_.threads, 0, what_.torch_device}));
        network_of_trainers = plan.model.options();
      }
      for (const auto& remark : remarks_on(what_, training.options, plan, shards_of(plan)))
        display->say(remark);
      display->begin_arm(training.options.name, i + 1, count, plan.rounds,
                         directory.so_far(training.options.name, plan.resumed));
      run_callbacks callbacks;
      callbacks.should_stop = [this] { return stopped(); };
      const auto checkpoints = checkpoints_of(training);
      const auto end = directory.run_arm(system, training, plan, trainers->pool, display,
                                         std::move(callbacks), checkpoints);
      if (!end.stopped_early) run_directory::discard(checkpoints);
      // The next arm must not wait for tasks that a failed arm has left in its trainers' queue.
      if (!end.failure.empty()) trainers.reset();
    }
    if (directory.summary().arms.empty()) directory.write_results();  // stopped before any arm
    if (is_all_over && !stopped())
      display->say("all its arms had ended or failed before; there was nothing to resume");
    return directory.summary();
  }

private:
  /// Checks what can only be checked once the data is read, for all arms before the first one runs
  /// and before an earlier run is replaced. Checks with every seed, because each seed deals shards
  /// of other sizes.
  void check_plans() {
    for (const auto& training : trials_) {
      seed_with(training.seed);
      check_plan(plan_of(training));
    }
    seed_with(what_.seed);
  }

  /// Deals the shards of `seed`. The files are read only once, and only one seed's shards exist at
  /// a time. Returns false where the shards already are those of `seed`.
  bool seed_with(std::uint64_t seed) {
    if (seed == seeded_.seed) return false;
    seeded_.seed = seed;
    deal(data_, seeded_);
    return true;
  }

  run_plan plan_of(const trial& training) const {
    const auto& arm = training.options;
    return plan_arm(seeded_, arm, data_, build_network(seeded_, arm, data_));
  }

  /// Opens the directory of a run that begins or resumes.
  run_directory open_directory() {
    if (!how_.resume || !has_begun(how_.directory)) return {how_.directory, what_, how_.force};
    std::vector<std::string> names;
    for (const auto& training : trials_) names.push_back(training.options.name);
    auto earlier = open_unfinished_experiment(how_.directory, what_, names, [&](std::size_t index) {
      return plan_of(trials_[index]).model.layout();
    });
    checkpoints_ = earlier.checkpoints;
    return {how_.directory, what_, std::move(earlier)};
  }

  checkpoint_place checkpoints_of(const trial& training) const {
    const auto& name = training.options.name;
    return {checkpoint_of(how_.directory, name), name};
  }

  static bool is_over(const run_summary& so_far, const trial& training) {
    return std::any_of(so_far.arms.begin(), so_far.arms.end(),
                       [&](const auto& one) { return one.name == training.options.name; });
  }

  partition_table holders() const { return count_labels(what_.devices.partition, data_.shards); }

  bool stopped() const { return how_.should_stop && how_.should_stop(); }

  const experiment what_;
  const run_options& how_;
  const std::vector<trial> trials_;
  experiment seeded_;  // what_ with the seed of the current training
  experiment_data data_;
  /// Checkpoints by the names of the trainings that resume.
  std::map<std::string, std::shared_ptr<run_checkpoint>> checkpoints_;
};

}  // namespace

run_summary run_experiment(const experiment& what, const run_options& how) {
  return experiment_run{what, how}.run();
}

}  // namespace verge
