#include "verge/runtime/run_experiment.hpp"

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
    auto resolved = what_;
    resolved.arms = arms_;
    run_directory directory{how_.directory, resolved, how_.force};
    directory.keep_partition(count_labels(what_.devices.partition, data_.shards));
    const auto display = std::make_shared<progress_display>(how_.progress, how_.terminal);
    caf::actor_system_config config;
    configure_scheduler(config, what_.threads);
    caf::actor_system system{config};
    std::optional<pool_guard> trainers;  // of arms in a row with the same network
    const auto count = static_cast<std::uint32_t>(arms_.size());
    for (std::uint32_t i = 0; i < count && !stopped(); ++i) {
      const auto& plan = plans_[i];
      if (!trainers || plan.model.options() != plans_[i - 1].model.options()) {
        trainers.emplace(
            spawn_trainer_pool(system, plan.model, {what_.threads, 0, what_.torch_device}));
      }
      for (const auto& remark : remarks_on(what_, arms_[i], plan, shards_of(plan)))
        display->say(remark);
      display->begin_arm(arms_[i].name, i + 1, count, plan.rounds);
      run_callbacks callbacks;
      callbacks.should_stop = [this] { return stopped(); };
      const auto end =
          directory.run_arm(system, arms_[i], plan, trainers->pool, display, std::move(callbacks));
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
