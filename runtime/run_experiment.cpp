#include "verge/runtime/run_experiment.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <optional>
#include <vector>

#include "arm_plan.hpp"
#include "chosen_arms.hpp"
#include "pool_guard.hpp"
#include "remarks.hpp"
#include "run_directory.hpp"

namespace verge {

namespace {

/// One arm after the other, in one actor system.
class experiment_run {
public:
  experiment_run(const experiment& what, const run_options& how)
      : what_(what), how_(how), arms_(chosen_arms(what, how.arms)), data_(read_data(what)) {
    plan_arms();
  }

  run_summary run() {
    auto directory = open_directory();
    // Of a run that was killed when all was done but this.
    if (how_.resume) directory.write_results();
    directory.keep_partition(count_labels(what_.devices.partition, data_.shards));
    const auto display = std::make_shared<progress_display>(how_.progress, how_.terminal);
    caf::actor_system_config config;
    configure_scheduler(config, what_.threads);
    caf::actor_system system{config};
    std::optional<pool_guard> trainers;  // of arms in a row with the same network
    const auto count = static_cast<std::uint32_t>(arms_.size());
    for (std::uint32_t i = 0; i < count && !stopped(); ++i) {
      if (is_over(directory.summary(), arms_[i])) {
        run_directory::discard(checkpoints_of(arms_[i]));
        continue;
      }
      const auto& plan = plans_[i];
      if (!trainers || plan.model.options() != plans_[i - 1].model.options()) {
        trainers.emplace(
            spawn_trainer_pool(system, plan.model, {what_.threads, 0, what_.torch_device}));
      }
      for (const auto& remark : remarks_on(what_, arms_[i], plan, shards_of(plan)))
        display->say(remark);
      display->begin_arm(arms_[i].name, i + 1, count, plan.rounds,
                         directory.so_far(arms_[i].name, plan.resumed));
      run_callbacks callbacks;
      callbacks.should_stop = [this] { return stopped(); };
      const auto checkpoints = checkpoints_of(arms_[i]);
      const auto end = directory.run_arm(system, arms_[i], plan, trainers->pool, display,
                                         std::move(callbacks), checkpoints);
      if (!end.stopped_early) run_directory::discard(checkpoints);
      // What a failed arm has left its trainers to do is nothing that the next one waits behind.
      if (!end.failure.empty()) trainers.reset();
    }
    if (directory.summary().arms.empty()) directory.write_results();  // stopped before the first
    return directory.summary();
  }

private:
  /// What can only be known once the data is read. Of all arms before the first one is run, and before
  /// an earlier run is replaced.
  void plan_arms() {
    for (const auto& arm : arms_) {
      plans_.push_back(plan_arm(what_, arm, data_, build_network(what_, arm, data_)));
      check_plan(plans_.back());
    }
  }

  /// Where the run begins, or goes on.
  run_directory open_directory() {
    auto resolved = what_;
    resolved.arms = arms_;
    if (!how_.resume || !has_begun(how_.directory))
      return {how_.directory, resolved, how_.force};
    auto earlier = open_unfinished_experiment(
        how_.directory, resolved, [&](const std::string& name) -> const manifest& {
          return plan_of(name).model.layout();
        });
    for (const auto& [arm, checkpoint] : earlier.checkpoints) plan_of(arm).resumed = checkpoint;
    return {how_.directory, resolved, std::move(earlier)};
  }

  run_plan& plan_of(const std::string& arm) {
    const auto found = std::find_if(arms_.begin(), arms_.end(),
                                    [&](const auto& one) { return one.name == arm; });
    return plans_[static_cast<std::size_t>(found - arms_.begin())];
  }

  checkpoint_place checkpoints_of(const arm_options& arm) const {
    return {checkpoint_of(how_.directory, arm.name), arm.name};
  }

  static bool is_over(const run_summary& so_far, const arm_options& arm) {
    return std::any_of(so_far.arms.begin(), so_far.arms.end(),
                       [&](const auto& one) { return one.name == arm.name; });
  }

  bool stopped() const { return how_.should_stop && how_.should_stop(); }

  const experiment& what_;
  const run_options& how_;
  const std::vector<arm_options> arms_;
  const experiment_data data_;
  std::vector<run_plan> plans_;  // of arms_
};

}  // namespace

run_summary run_experiment(const experiment& what, const run_options& how) {
  return experiment_run{what, how}.run();
}

}  // namespace verge
