#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>

#include "actors/round/modelled_links.hpp"
#include "actors/round/run_checkpoint.hpp"
#include "model/data/local_data.hpp"
#include "support/noise_dataset.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/run_plan.hpp"

using namespace verge;
using verge::test::noise_dataset;

namespace {

constexpr std::uint64_t seed = 3;
constexpr sample_shape shape{1, 4, 4};

dataset_ptr samples(std::size_t size, sample_shape of = shape, std::uint32_t classes = 10) {
  return std::make_shared<noise_dataset>(size, of, classes);
}

/// A plan that can be run as it is.
run_plan good_plan() {
  const std::vector<dataset_ptr> shards{samples(20), samples(30)};
  return {
      .seed = seed,
      .model = network::build({.name = "logistic", .input = shape, .classes = 10}),
      .how = federated(10, 2, 0, {.base = 0.1}),
      .devices = devices_of(seed, shards),
      .test = samples(10),
  };
}

std::shared_ptr<const modelled_links> links(double dropout) {
  return std::make_shared<const modelled_links>(
      modelled_links{device_links{seed, link_profile{.dropout = dropout}}, {}, {}});
}

/// The error of check_plan() for the good plan after `spoil` has changed it; empty where there is
/// none.
std::string problem(const std::function<void(run_plan&)>& spoil) {
  auto plan = good_plan();
  spoil(plan);
  try {
    check_plan(plan);
  } catch (const bad_input& e) {
    return e.what();
  }
  return {};
}

void check(const std::string& expected, const std::function<void(run_plan&)>& spoil) {
  const auto said = problem(spoil);
  BOOST_TEST(said.find(expected) != std::string::npos, expected + " is not in: " + said);
  BOOST_TEST(said.find('\n') == std::string::npos);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_check_test)

BOOST_AUTO_TEST_CASE(a_plan_that_can_work_is_let_through) {
  BOOST_TEST(problem([](run_plan&) {}) == "");
  BOOST_TEST(problem([](run_plan& plan) {
               plan.links = links(0.1);
               plan.quorum = 0.5;
             }) == "");
  BOOST_TEST(problem([](run_plan& plan) {
               plan.how = large_batch(8, {.kind = schedule_kind::cosine});
             }) == "");
}

BOOST_AUTO_TEST_CASE(work_that_nobody_can_do_is_refused) {
  check("batch size 0", [](run_plan& plan) { plan.how.plan.work.batch_size = 0; });
  check("0 steps and 0 epochs", [](run_plan& plan) { plan.how.plan.work.local_steps = 0; });
  check("2 steps and 1 epochs", [](run_plan& plan) { plan.how.plan.work.local_epochs = 1; });
  check("gradients of 2 local steps",
        [](run_plan& plan) { plan.how.plan.work.kind = update_kind::gradient; });
  check("without a server rule", [](run_plan& plan) { plan.how.make_rule = nullptr; });
}

BOOST_AUTO_TEST_CASE(data_that_the_network_does_not_take_is_refused) {
  check("without test samples", [](run_plan& plan) { plan.test = nullptr; });
  check("the test set has samples of 1x5x5; expected 1x4x4", [](run_plan& plan) {
    plan.test = samples(10, {1, 5, 5});
  });
  check("the test set has samples of 11 classes; expected at most 10",
        [](run_plan& plan) { plan.test = samples(22, shape, 11); });
  check("the calibration set has samples of 1x5x5", [](run_plan& plan) {
    plan.calibration = samples(10, {1, 5, 5});
  });
  check("device 1 has samples of 1x5x5", [](run_plan& plan) {
    plan.devices = devices_of(seed, {samples(20), samples(20, {1, 5, 5})});
  });
}

BOOST_AUTO_TEST_CASE(batches_of_which_batch_norm_has_one_value_a_channel_are_refused) {
  const auto with_batch_norm = [](run_plan& plan, sample_shape of, std::uint32_t epochs) {
    plan.model = network::build(
        {.name = "strided_cnn", .norm = norm_kind::batch, .input = of, .classes = 10});
    plan.how = federated(10, epochs > 0 ? 0 : 2, epochs, {.base = 0.1});
    plan.devices =
        devices_of(seed, {samples(20, of), samples(21, of), samples(12, of), samples(1, of)});
    plan.test = samples(10, of);
  };
  check(
      "a run with batches of 10: device 1 (and 1 more) of 4 holds 21 samples, and its last batch "
      "of "
      "each epoch is 1 sample: the maps of batch-norm layer norm3 are 1x1 for samples of 4x4, and "
      "of "
      "one value a channel there is no variance; expected another batch size",
      [&](run_plan& plan) { with_batch_norm(plan, shape, 3); });
  // Steps take whole batches; maps of 1x2 have two values; group norm knows no batch.
  BOOST_TEST(problem([&](run_plan& plan) { with_batch_norm(plan, shape, 0); }) == "");
  BOOST_TEST(problem([&](run_plan& plan) { with_batch_norm(plan, {1, 4, 5}, 3); }) == "");
  BOOST_TEST(problem([&](run_plan& plan) {
               with_batch_norm(plan, shape, 3);
               plan.model = network::build({.name = "strided_cnn", .input = shape});
             }) == "");
  check("every batch is 1 sample: the maps of batch-norm layer norm3", [&](run_plan& plan) {
    with_batch_norm(plan, shape, 0);
    plan.how = large_batch(1, {.base = 0.1});
  });
  // Nothing else is known of devices in other processes.
  const auto elsewhere = [&](std::uint32_t batch_size) {
    return problem([&](run_plan& plan) {
      with_batch_norm(plan, shape, 0);
      plan.how = federated(batch_size, 0, 1, {.base = 0.1});
      plan.devices.clear();
      plan.nodes.devices = 4;
    });
  };
  BOOST_TEST(elsewhere(10) == "");
  BOOST_TEST(elsewhere(1).find("every batch is 1 sample") != std::string::npos);
  check("a calibration set of 1 sample: the maps of", [&](run_plan& plan) {
    with_batch_norm(plan, shape, 0);
    auto options = plan.model.options();
    options.shares_statistics = false;
    plan.model = network::build(options);
    plan.batch_norm = batch_norm_policy::recalibrate;
    plan.calibration = samples(1);
  });
}

BOOST_AUTO_TEST_CASE(devices_that_are_not_those_of_the_run_are_refused) {
  check("a run without devices", [](run_plan& plan) { plan.devices.clear(); });
  check("devices[1] is not the data of device 1",
        [](run_plan& plan) { plan.devices[1] = plan.devices[0]; });
  check("a run of seed 4 whose devices[0] has data of seed 3",
        [](run_plan& plan) { plan.seed = 4; });
  check("in this process and in others", [](run_plan& plan) { plan.nodes.devices = 2; });
}

BOOST_AUTO_TEST_CASE(rounds_that_cannot_be_held_are_refused) {
  check("0 rounds", [](run_plan& plan) { plan.rounds = 0; });
  check("0 threads", [](run_plan& plan) { plan.threads = 0; });
  for (const double quorum : {0.0, 1.5, std::numeric_limits<double>::quiet_NaN()})
    check("a quorum of", [&](run_plan& plan) { plan.quorum = quorum; });
  for (const double times : {0.5, std::numeric_limits<double>::infinity()})
    check("an over_selection of", [&](run_plan& plan) { plan.over_selection = times; });
  check("a run of 2 devices that asks 3 in a round (cohort 3, over_selection 1)",
        [](run_plan& plan) { plan.cohort = 3; });
  check("a run of 2 devices that asks 3 in a round (cohort 2, over_selection 1.5)",
        [](run_plan& plan) {
          plan.cohort = 2;
          plan.over_selection = 1.5;
        });
  check("whose model another run has taken",
        [](run_plan& plan) { plan.resumed = std::make_shared<run_checkpoint>(); });
  check("whose model another run has taken", [](run_plan& plan) {
    plan.devices.clear();
    plan.nodes.devices = 2;
    plan.resumed = std::make_shared<run_checkpoint>();
  });
}

BOOST_AUTO_TEST_CASE(rounds_that_do_not_fit_their_links_are_refused) {
  check("a quorum of 1 where modelled links let devices drop out",
        [](run_plan& plan) { plan.links = links(0.1); });
  check("an over_selection beside modelled links", [](run_plan& plan) {
    plan.links = links(0.0);
    plan.over_selection = 1.5;
  });
  check("which have real ones", [](run_plan& plan) {
    plan.devices.clear();
    plan.nodes.devices = 2;
    plan.links = links(0.0);
  });
}

BOOST_AUTO_TEST_SUITE_END()
