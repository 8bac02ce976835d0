#include "runtime/plan/arm_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/data/local_data.hpp"
#include "runtime/plan/batch_check.hpp"
#include "runtime/plan/link_model.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"
#include "verge/model/torch_device.hpp"

namespace verge {

namespace {

strategy federated_of(const arm_options& arm) {
  auto how = federated(arm.batch_size, arm.local_steps, arm.local_epochs, arm.schedule,
                       arm.momentum, arm.weight_decay);
  how.plan.work.proximal = arm.proximal;
  how.make_rule = [server = arm.server] { return make_federated_rule(server); };
  return how;
}

strategy strategy_of(const arm_options& arm) {
  if (arm.strategy == strategy_kind::federated) return federated_of(arm);
  auto how = large_batch(arm.batch_size, arm.schedule, arm.momentum, arm.weight_decay);
  how.plan.schedule_batch = arm.learning_rate_batch;
  return how;
}

}  // namespace

namespace {

/// The first `count` samples, as data.train_samples or data.test_samples gives it. Throws bad_input
/// when there are fewer.
dataset_ptr samples_asked_for(const dataset_ptr& all, std::string_view half, std::size_t count) {
  if (count > all->size())
    throw bad_input(
        fmt::format("data.{}_samples = {}: expected at most the {} {} samples that there are, or 0 "
                    "for all",
                    half, count, all->size(), half == "train" ? "training" : half));
  return first_samples(all, count);
}

/// Its text is that of a device; whether the device is here matters to those who train on it.
void require_torch_device(const experiment& what) {
  try {
    check_torch_device(what.torch_device);
  } catch (const bad_input& e) {
    throw bad_input(fmt::format("torch_device = {}", e.what()));
  }
}

}  // namespace

experiment_data read_server_data(const experiment& what) {
  require_torch_device(what);
  const auto split = read_split(what.data.name, what.data.path, what.data.constants);
  const auto all = samples_asked_for(split.train, "train", what.data.train_samples);
  const auto test = samples_asked_for(split.test, "test", what.data.test_samples);
  const auto held_back = what.data.calibration_samples;
  if (held_back >= all->size())
    throw bad_input(
        fmt::format("data.calibration_samples = {}: expected fewer than there are training "
                    "samples, {}",
                    held_back, all->size()));
  const auto train = first_samples(all, all->size() - held_back);
  experiment_data data{test, train, {}, train->size(), {}, split.train->size()};
  if (held_back > 0) data.calibration = last_samples(all, held_back);
  return data;
}

void deal(experiment_data& data, const experiment& what) {
  if (data.train_samples < what.devices.count)
    throw bad_input(
        fmt::format("devices.count = {}: expected at most one a training sample, of which "
                    "there are {}",
                    what.devices.count, data.train_samples));
  const auto cut = partition::make(read_partition_rule(what.devices.partition), *data.train,
                                   what.devices.count, what.seed);
  data.shards.clear();
  data.shards.reserve(cut.device_count());
  for (std::uint32_t i = 0; i < cut.device_count(); ++i)
    data.shards.push_back(cut.shard(data.train, i));
}

experiment_data read_data(const experiment& what) {
  auto data = read_server_data(what);
  deal(data, what);
  return data;
}

network build_network(const experiment& what, const arm_options& arm, const experiment_data& data) {
  auto options = what.model;
  options.norm = arm.norm;
  options.shares_statistics = arm.batch_norm == batch_norm_policy::pooled;
  options.shares_controls = arm.server.rule->uses_controls;
  options.input = data.test->shape();
  options.classes = data.test->classes();
  return network::build(options);
}

namespace {

/// The parts through which the centralized arm goes in turn. With the shards as parts its batches
/// are those of a large-batch arm. But where shards differ in size it would go through small shards
/// more often than through large ones, which plain SGD on the union does not. There the only part
/// is the whole training set, shuffled once per epoch.
std::vector<dataset_ptr> parts_of_union(const experiment_data& data) {
  const auto [least, most] =
      std::minmax_element(data.shards.begin(), data.shards.end(),
                          [](const auto& a, const auto& b) { return a->size() < b->size(); });
  return (*most)->size() - (*least)->size() <= 1 ? data.shards : std::vector{data.train};
}

/// Checks batches before check_plan() does, so that the error names the keys.
void check_batches(const arm_options& arm, const run_plan& plan, const shard_sizes& shards) {
  const auto why = why_batches_are_too_small(plan.model, plan.how.plan.work, shards);
  if (why.empty()) return;
  const bool has_devices = arm.strategy != strategy_kind::centralized;
  throw bad_input(fmt::format(
      "arm.{}.batch_size = {}: {}; expected another batch_size{}, norm = \"group\", or larger "
      "pictures",
      arm.name, arm.batch_size, why, has_devices ? " or devices.count" : ""));
}

/// Sets everything but the devices.
void fill(run_plan& plan, const experiment& what, const arm_options& arm,
          const experiment_data& data) {
  plan.batch_norm = arm.batch_norm;
  if (arm.batch_norm == batch_norm_policy::recalibrate) plan.calibration = data.calibration;
  plan.rounds = arm.rounds;
  plan.epochs = arm.epochs;
  plan.cohort = arm.cohort;
  plan.over_selection = arm.over_selection;
  plan.equal_weights = arm.weighting == weighting_kind::equal;
  plan.quorum = arm.quorum;
  plan.deadline = arm.deadline;
  if (arm.evaluate_every > 0)
    plan.evaluate_every = arm.evaluate_every;
  else
    plan.evaluate_every.reset();
  plan.checkpoint_every = arm.checkpoint_every;
  if (arm.stop_at_target) plan.early_stop.target = what.target_accuracy;
  plan.early_stop.patience = arm.patience;
  plan.threads = what.threads;
  plan.codec_up = arm.codec_up;
  plan.codec_down = arm.codec_down;
}

/// The number of rounds of a run in this process, whose members are known before it begins.
std::uint32_t rounds_of(const run_plan& plan, const arm_options& arm) {
  data_holders members{plan.device_count(), 0};
  for (const auto& device : plan.devices) members.samples += device->size();
  try {
    return fix_length({arm.rounds, arm.epochs}, plan.how.plan.work, arm.cohort, members).rounds;
  } catch (const bad_input& e) {
    throw bad_input(fmt::format("arm.{}.epochs: {}", arm.name, e.what()));
  }
}

}  // namespace

run_plan plan_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                  const network& model) {
  const bool centralized = arm.strategy == strategy_kind::centralized;
  run_plan plan{what.seed, model, strategy_of(arm), {}, data.test};
  plan.devices = centralized ? one_device(what.seed, parts_of_union(data), what.data.augment)
                             : devices_of(what.seed, data.shards, what.data.augment);
  plan.counts_bytes = !centralized;
  plan.links = links_of(what, arm);
  fill(plan, what, arm, data);
  check_batches(arm, plan, shards_of(plan));
  plan.rounds = rounds_of(plan, arm);
  plan.epochs = 0.0;
  return plan;
}

run_plan plan_node_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                       const network& model, const node_rounds& rounds) {
  run_plan plan{what.seed, model, strategy_of(arm), {}, data.test};
  plan.nodes = rounds;
  plan.nodes.devices = what.devices.count;
  fill(plan, what, arm, data);
  // Devices with data of their own tell the coordinator its size as they join.
  check_batches(arm, plan, shards_of(data.shards));
  return plan;
}

}  // namespace verge
