#include "arm_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "batch_check.hpp"
#include "link_model.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"

namespace verge {

namespace {

/// Devices whose updates make a step.
double devices_a_round(const arm_options& arm, std::size_t devices) {
  return arm.cohort == 0 ? static_cast<double>(devices) : arm.cohort;
}

strategy federated_of(const arm_options& arm) {
  auto how = federated(arm.batch_size, arm.local_steps, arm.local_epochs, arm.schedule,
                       arm.momentum, arm.weight_decay);
  how.plan.work.proximal = arm.proximal;
  how.make_rule = [server = arm.server] { return make_federated_rule(server); };
  return how;
}

strategy strategy_of(const arm_options& arm, std::size_t devices) {
  if (arm.strategy == strategy_kind::federated) return federated_of(arm);
  auto schedule = arm.schedule;
  if (arm.learning_rate_batch > 0)
    schedule =
        scaled(schedule, devices_a_round(arm, devices) * arm.batch_size / arm.learning_rate_batch);
  return large_batch(arm.batch_size, schedule, arm.momentum, arm.weight_decay);
}

/// Share of an epoch that a round goes through. Exact but for a cohort with local epochs, where it is the
/// mean over all cohorts: of shards of different sizes a round goes through more or less.
double epochs_a_round(const arm_options& arm, const local_work& work, const experiment_data& data,
                      std::size_t devices) {
  const double held = static_cast<double>(data.train_samples) / static_cast<double>(devices);
  const double samples =
      work.local_epochs > 0 ? work.local_epochs * held : static_cast<double>(samples_in(work, 0));
  return devices_a_round(arm, devices) * samples / static_cast<double>(data.train_samples);
}

constexpr double most_rounds = 1e9;

std::uint32_t at_least_one(double rounds) {
  return static_cast<std::uint32_t>(std::clamp(std::round(rounds), 1.0, most_rounds));
}

std::uint32_t rounds_of(const arm_options& arm, double span) {
  if (arm.rounds > 0) return arm.rounds;
  const double rounds = arm.epochs / span;
  if (rounds > most_rounds)
    throw bad_input(
        fmt::format("arm.{}.epochs = {}: these are {:.0f} rounds; expected at most {:.0f}",
                    arm.name, arm.epochs, rounds, most_rounds));
  return at_least_one(rounds);
}

}  // namespace

namespace {

/// data.train_samples or data.test_samples of the samples that there are.
dataset_ptr samples_asked_for(const dataset_ptr& all, std::string_view half, std::size_t count) {
  if (count > all->size())
    throw bad_input(
        fmt::format("data.{}_samples = {}: expected at most the {} {} samples that there are, or 0 "
                    "for all",
                    half, count, all->size(), half == "train" ? "training" : half));
  return first_samples(all, count);
}

}  // namespace

experiment_data read_server_data(const experiment& what) {
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
  experiment_data data{test, train, {}, train->size(), {}};
  if (held_back > 0) data.calibration = last_samples(all, held_back);
  return data;
}

experiment_data read_data(const experiment& what) {
  auto data = read_server_data(what);
  if (data.train_samples < what.devices.count)
    throw bad_input(
        fmt::format("devices.count = {}: expected at most one a training sample, of which "
                    "there are {}",
                    what.devices.count, data.train_samples));
  const auto cut = partition::make(read_partition_rule(what.devices.partition), *data.train,
                                   what.devices.count, what.seed);
  data.shards.reserve(cut.device_count());
  for (std::uint32_t i = 0; i < cut.device_count(); ++i)
    data.shards.push_back(cut.shard(data.train, i));
  return data;
}

network build_network(const experiment& what, const arm_options& arm, const experiment_data& data) {
  auto options = what.model;
  options.norm = arm.norm;
  options.shares_statistics = arm.batch_norm == batch_norm_policy::pooled;
  options.shares_controls = arm.server.rule == federated_rule::scaffold;
  options.input = data.test->shape();
  options.classes = data.test->classes();
  return network::build(options);
}

namespace {

/// What the centralized arm walks: the shards in turns, so that its batches are those of a large-batch
/// arm. Where their sizes differ that would go through small shards more often than through large ones;
/// plain SGD on the union does not, so there it is one shuffle of everything an epoch.
std::vector<dataset_ptr> parts_of_union(const experiment_data& data) {
  const auto [least, most] =
      std::minmax_element(data.shards.begin(), data.shards.end(),
                          [](const auto& a, const auto& b) { return a->size() < b->size(); });
  return (*most)->size() - (*least)->size() <= 1 ? data.shards : std::vector{data.train};
}

/// Before check_plan() does, with the names of the keys.
void check_batches(const arm_options& arm, const run_plan& plan, const shard_sizes& shards) {
  const auto why = why_batches_are_too_small(plan.model, plan.how.plan.work, shards);
  if (why.empty()) return;
  const bool has_devices = arm.strategy != strategy_kind::centralized;
  throw bad_input(fmt::format(
      "arm.{}.batch_size = {}: {}; expected another batch_size{}, norm = \"group\", or larger "
      "pictures",
      arm.name, arm.batch_size, why, has_devices ? " or devices.count" : ""));
}

/// Sets all but who the devices are, of which there are device_count() already.
void fill(run_plan& plan, const experiment& what, const arm_options& arm,
          const experiment_data& data) {
  const double span = epochs_a_round(arm, plan.how.plan.work, data, plan.device_count());
  plan.batch_norm = arm.batch_norm;
  if (arm.batch_norm == batch_norm_policy::recalibrate) plan.calibration = data.calibration;
  plan.rounds = rounds_of(arm, span);
  plan.how.plan.schedule.total_epochs = plan.rounds * span;
  plan.cohort = arm.cohort;
  plan.over_selection = arm.over_selection;
  plan.equal_weights = arm.weighting == weighting_kind::equal;
  plan.quorum = arm.quorum;
  plan.deadline = arm.deadline;
  plan.evaluate_every = arm.evaluate_every > 0 ? arm.evaluate_every : at_least_one(1.0 / span);
  plan.threads = what.threads;
  plan.codec_up = arm.codec_up;
  plan.codec_down = arm.codec_down;
}

}  // namespace

run_plan plan_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                  const network& model) {
  const bool centralized = arm.strategy == strategy_kind::centralized;
  run_plan plan{what.seed, model, strategy_of(arm, what.devices.count), {}, data.test};
  plan.devices = centralized ? one_device(what.seed, parts_of_union(data), what.data.augment)
                             : devices_of(what.seed, data.shards, what.data.augment);
  plan.counts_bytes = !centralized;
  plan.links = links_of(what, arm);
  fill(plan, what, arm, data);
  check_batches(arm, plan, shards_of(plan));
  return plan;
}

run_plan plan_node_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                       const network& model, const node_rounds& rounds) {
  run_plan plan{what.seed, model, strategy_of(arm, what.devices.count), {}, data.test};
  plan.nodes = rounds;
  plan.nodes.devices = what.devices.count;
  fill(plan, what, arm, data);
  // Of devices with data of their own the coordinator hears as they join.
  check_batches(arm, plan, shards_of(data.shards));
  return plan;
}

}  // namespace verge
