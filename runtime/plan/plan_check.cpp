// Checks a plan for every caller of the library. Experiment files and command lines are checked
// before, by code that knows the names of their keys and options (arms_section, link_model,
// server_command).

#include <fmt/format.h>

#include <cmath>

#include "actors/round/modelled_links.hpp"
#include "actors/round/round_state.hpp"
#include "actors/round/run_checkpoint.hpp"
#include "model/data/local_data.hpp"
#include "runtime/plan/batch_check.hpp"
#include "runtime/plan/run_codecs.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

namespace {

/// Checks that the devices are in one place, and that their data belongs to them.
void check_devices(const run_plan& plan) {
  if (plan.device_count() == 0) throw bad_input("a run without devices; expected at least one");
  if (plan.nodes.devices > 0 && !plan.devices.empty())
    throw bad_input("a run with devices in this process and in others; expected one or the other");
  if (plan.nodes.min_devices > plan.nodes.devices)
    throw bad_input(fmt::format("a run of {} devices that waits for {}; expected at most as many",
                                plan.nodes.devices, plan.nodes.min_devices));
  for (std::uint32_t i = 0; i < plan.devices.size(); ++i) {
    if (!plan.devices[i] || plan.devices[i]->device().value != i)
      throw bad_input(fmt::format(
          "a run whose devices[{}] is not the data of device {}; expected device() to be its place",
          i, i));
    if (plan.devices[i]->seed() != plan.seed)
      throw bad_input(
          fmt::format("a run of seed {} whose devices[{}] has data of seed {}; expected one seed",
                      plan.seed, i, plan.devices[i]->seed()));
  }
}

void check_shape(const run_plan& plan, const sample_shape& shape, const std::string& whose) {
  const auto& input = plan.model.options().input;
  if (shape != input)
    throw bad_input(fmt::format(
        "{} samples of {}x{}x{}; expected {}x{}x{}, which the network takes", whose, shape.channels,
        shape.height, shape.width, input.channels, input.height, input.width));
}

void check_samples(const run_plan& plan, const dataset& samples, const std::string& whose) {
  check_shape(plan, samples.shape(), whose);
  if (samples.classes() > plan.model.options().classes)
    throw bad_input(
        fmt::format("{} samples of {} classes; expected at most {}, which the network tells apart",
                    whose, samples.classes(), plan.model.options().classes));
}

void check_data(const run_plan& plan) {
  if (!plan.test || plan.test->size() == 0)
    throw bad_input("a run without test samples; expected at least one");
  check_samples(plan, *plan.test, "the test set has");
  if (plan.calibration) check_samples(plan, *plan.calibration, "the calibration set has");
  for (std::uint32_t i = 0; i < plan.devices.size(); ++i)
    check_shape(plan, plan.devices[i]->shape(), fmt::format("device {} has", i));
}

void check_work(const run_plan& plan) {
  const auto& work = plan.how.plan.work;
  if (const auto why = why_unusable(work); !why.empty()) throw bad_input("a run with " + why);
  if (work.kind == update_kind::gradient && work.local_steps != 1)
    throw bad_input(fmt::format("gradients of {} local steps; expected 1", work.local_steps));
  if (codec_has_momentum(plan.codec_up) &&
      (work.kind != update_kind::gradient || work.momentum > 0.0))
    throw bad_input(
        fmt::format("codec_up = \"{}\" brings a momentum for gradients of its own, and the "
                    "plan has displacements or a momentum",
                    plan.codec_up));
}

void check_rounds(const run_plan& plan) {
  if (!(plan.epochs >= 0.0 && std::isfinite(plan.epochs)))
    throw bad_input(fmt::format("a run of {} epochs; expected 0 or more", plan.epochs));
  if (plan.rounds == 0 && plan.epochs == 0.0)
    throw bad_input("a run of 0 rounds; expected at least 1");
  if (const auto target = plan.early_stop.target; target && !(*target > 0.0 && *target <= 1.0))
    throw bad_input(
        fmt::format("a run that ends at an accuracy of {}; expected above 0, at most 1", *target));
  if (plan.threads == 0) throw bad_input("a run of 0 threads; expected at least 1");
  if (!(plan.quorum > 0.0 && plan.quorum <= 1.0))
    throw bad_input(fmt::format("a quorum of {}; expected above 0, at most 1", plan.quorum));
  if (!(plan.over_selection >= 1.0 && std::isfinite(plan.over_selection)))
    throw bad_input(
        fmt::format("an over_selection of {}; expected 1 or more", plan.over_selection));
  if (const auto asked = devices_to_ask(plan.cohort, plan.over_selection);
      asked > plan.device_count())
    throw bad_input(
        fmt::format("a run of {} devices that asks {} in a round (cohort {}, over_selection {}); "
                    "expected at most as many",
                    plan.device_count(), asked, plan.cohort, plan.over_selection));
  if (!plan.resumed) return;
  if (plan.resumed->server.model.parameters.empty())
    throw bad_input(
        "a checkpoint whose model another run has taken; expected one that was read anew");
}

void check_links(const run_plan& plan) {
  if (!plan.links) return;
  if (plan.nodes.devices > 0)
    throw bad_input(
        "modelled links of devices in other processes, which have real ones; expected none");
  if (plan.links->devices.any_drops_out() && plan.quorum == 1.0)
    throw bad_input("a quorum of 1 where modelled links let devices drop out; expected less");
  if (plan.over_selection > 1.0)
    throw bad_input(
        "an over_selection beside modelled links: who is among the first would depend on this "
        "machine");
}

void check_batch_norm(const run_plan& plan) {
  const bool pooled = plan.batch_norm == batch_norm_policy::pooled;
  if (pooled != plan.model.options().shares_statistics)
    throw bad_input(
        "a run whose batch-norm policy is not that of its network's statistics; expected them "
        "shared where it is pooled");
  if (plan.batch_norm == batch_norm_policy::local && plan.nodes.devices > 0)
    throw bad_input(
        "batch_norm = \"local\": the statistics would stay in the processes of the devices, and "
        "with them every test of the model; expected \"pooled\" or \"recalibrate\"");
  if (plan.batch_norm == batch_norm_policy::recalibrate &&
      (!plan.calibration || plan.calibration->size() == 0))
    throw bad_input(
        "batch_norm = \"recalibrate\": the server has no samples to measure on; expected a "
        "calibration set");
  const auto why = why_batches_are_too_small(plan.model, plan.how.plan.work, shards_of(plan));
  if (!why.empty())
    throw bad_input(fmt::format(
        "a run with batches of {}: {}; expected another batch size, group norm or larger "
        "samples",
        plan.how.plan.work.batch_size, why));
  if (plan.calibration && plan.calibration->size() < batch_floor_of(plan.model).samples)
    throw bad_input(fmt::format("a calibration set of 1 sample: {}; expected at least two",
                                batch_floor_of(plan.model).because));
}

void check_rule(const run_plan& plan) {
  if (!plan.how.make_rule) throw bad_input("a run without a server rule; expected how.make_rule");
  const bool uses_controls = plan.model.options().shares_controls;
  if (plan.how.make_rule()->uses_controls() != uses_controls)
    throw bad_input(
        "a run whose rule and network differ in whether they use control variates; expected both "
        "to, or neither");
  if (!uses_controls) return;
  if (plan.how.plan.work.kind != update_kind::displacement || plan.how.plan.work.momentum > 0.0)
    throw bad_input("control variates of anything but the plain local steps of a federated run");
}

}  // namespace

void check_plan(const run_plan& plan) {
  check_devices(plan);
  check_data(plan);
  check_rounds(plan);
  check_links(plan);
  check_work(plan);
  check_batch_norm(plan);
  check_rule(plan);
  check_codecs(plan.model.layout(), codecs_of(plan));
}

}  // namespace verge
