// Common and different properties of the batch-norm policies (docs/batch_norm.md). The results of
// whole runs through all actors are compared with learners that the test drives by itself.

#include <boost/test/unit_test.hpp>

#include "model/aggregation/moment_pool.hpp"
#include "model/data/local_data.hpp"
#include "support/trained.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/learner.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint64_t seed = 5;
constexpr sample_shape shape{3, 16, 16};
constexpr std::uint32_t batch = 8;

network lenet(batch_norm_policy policy) {
  network_options options;
  options.name = "lenet";
  options.norm = norm_kind::batch;
  options.input = shape;
  options.shares_statistics = policy == batch_norm_policy::pooled;
  return network::build(options);
}

/// Large Batch on two devices of 40 pictures, tested with 61.
run_plan plan_of(batch_norm_policy policy, std::uint32_t rounds = 3, std::uint32_t devices = 2) {
  run_plan plan{seed, lenet(policy), large_batch(batch, constant_rate(0.1)),
                devices_of(seed, iid_shards(noise_pictures(shape, 10, 40 * devices), devices)),
                noise_pictures(shape, 10, 61, 2)};
  plan.rounds = rounds;
  plan.batch_norm = policy;
  if (policy == batch_norm_policy::recalibrate)
    plan.calibration = noise_pictures(shape, 10, 620, 3);
  return plan;
}

double mean_loss(const evaluation_sums& sums) {
  return sums.loss / static_cast<double>(sums.samples);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batch_norm)

BOOST_AUTO_TEST_CASE(the_policies_train_the_same_parameters_to_the_bit) {
  // Training normalises with the current batch, so the place of the running statistics makes no
  // difference.
  const auto pooled = train(plan_of(batch_norm_policy::pooled));
  for (const auto policy : {batch_norm_policy::local, batch_norm_policy::recalibrate}) {
    const auto other = train(plan_of(policy));
    BOOST_TEST(same_bits(other.state.parameters, pooled.state.parameters));
    BOOST_TEST(other.evaluations.back().loss != pooled.evaluations.back().loss);
  }
}

BOOST_AUTO_TEST_CASE(statistics_that_are_not_shared_do_not_travel) {
  const auto pooled = train(plan_of(batch_norm_policy::pooled));
  // lenet has 6 + 16 channels, each with a mean and a variance; two devices.
  constexpr std::uint64_t statistics = 2 * 2 * (6 + 16) * sizeof(float);
  for (const auto policy : {batch_norm_policy::local, batch_norm_policy::recalibrate}) {
    const auto other = train(plan_of(policy));
    BOOST_TEST(other.rounds[0].bytes_up + statistics <= pooled.rounds[0].bytes_up);
    BOOST_TEST(other.rounds[0].bytes_down + statistics <= pooled.rounds[0].bytes_down);
  }
}

BOOST_AUTO_TEST_CASE(recalibrated_statistics_are_those_of_the_calibration_samples) {
  const auto plan = plan_of(batch_norm_policy::recalibrate);
  const auto end = train(plan);
  BOOST_REQUIRE(end.state.statistics.size() == plan.model.tensors().statistic_count());
  // By hand: 620 samples are two batches of 310, pooled.
  learner alone{plan.model};
  alone.load(1, {1}, {end.state.parameters, {}, 0});
  moment_pool pool{plan.model.tensors()};
  pool.begin(620, 2);
  for (const std::size_t begin : {310, 0}) {
    flat_buffer moments{scalar::float32, plan.model.tensors().statistic_count()};
    alone.measure_moments(*plan.calibration, begin, begin + 310, moments);
    BOOST_TEST(pool.add(moments, 310));
  }
  BOOST_TEST(same_bits(end.state.statistics, pool.pooled()));
  // The final model of the run is the one that was evaluated last.
  learner host{plan.model};
  host.load(end.state);
  BOOST_TEST(mean_loss(host.evaluate(*plan.test, 0, 61, 61)) == end.evaluations.back().loss,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(the_first_layers_recalibrated_statistics_are_those_of_its_inputs) {
  // A convolution is linear, so its output's mean over many pictures is known without any norm
  // layer: it is that of version 0 on pictures of one grey each.
  class grey final : public dataset {
  public:
    std::size_t size() const override { return 300; }
    sample_shape shape() const override { return ::shape; }
    std::uint32_t classes() const override { return 10; }
    std::int64_t read(std::size_t index, std::span<float> features) const override {
      std::fill(features.begin(), features.end(), index % 2 == 0 ? 1.0f : -1.0f);
      return 0;
    }
  };
  const auto model = lenet(batch_norm_policy::recalibrate);
  const auto state = model.initial_state(seed);
  learner alone{model};
  alone.load(1, {1}, state);
  flat_buffer moments{scalar::float32, model.tensors().statistic_count()};
  alone.measure_moments(grey{}, 0, 300, moments);
  const auto parameters = state.parameters.as<float>();
  const auto measured = std::as_const(moments).as<float>();
  // conv1: 6 kernels of 3 x 5 x 5, then 6 biases. Each output is bias +- sum of the kernel.
  for (std::size_t channel = 0; channel < 6; ++channel) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 75; ++i) sum += double{parameters[75 * channel + i]};
    const double bias = double{parameters[6 * 75 + channel]};
    BOOST_TEST(std::abs(double{measured[channel]} - bias) < 1e-5);
    const double outputs = 300.0 * 12 * 12;
    BOOST_TEST(double{measured[6 + channel]} == sum * sum * outputs / (outputs - 1),
               boost::test_tools::tolerance(1e-4));
  }
}

BOOST_AUTO_TEST_CASE(each_device_answers_for_its_share_of_the_test_set_with_its_own_statistics) {
  const auto plan = plan_of(batch_norm_policy::local, 1);
  const auto end = train(plan);
  BOOST_TEST(end.state.statistics.empty());
  // By hand: what each device measured in the one round.
  const auto start = plan.model.initial_state(seed);
  learner alone{plan.model};
  double loss = 0.0;
  std::uint64_t correct = 0;
  const local_work work{update_kind::gradient, batch, 1, 0, 0.1};
  for (std::size_t device = 0; device < 2; ++device) {
    alone.load(1, {0}, start);
    flat_buffer update{scalar::float32, plan.model.layout().parameter_count()};
    flat_buffer moments{scalar::float32, plan.model.tensors().statistic_count()};
    alone.train(work, *plan.devices[device], round_id{1}, update, moments);
    auto statistics = plan.model.initial_statistics();
    move_towards(statistics, moments, 1);
    alone.load(1, {1}, end.state);
    alone.use_statistics(statistics);
    const auto share = device == 0 ? alone.evaluate(*plan.test, 0, 30, 30)
                                   : alone.evaluate(*plan.test, 30, 61, 31);
    loss += share.loss;
    correct += share.correct;
  }
  BOOST_TEST(end.evaluations.back().loss == loss / 61, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(end.evaluations.back().accuracy == static_cast<double>(correct) / 61,
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(what_is_evaluated_does_not_depend_on_the_number_of_trainers) {
  for (const auto policy : {batch_norm_policy::local, batch_norm_policy::recalibrate}) {
    auto plan = plan_of(policy, 6, 5);
    plan.cohort = 3;
    const auto one = train(plan, 1);
    const auto three = train(plan, 3, 77);
    BOOST_TEST(same_bits(one.state.statistics, three.state.statistics));
    BOOST_REQUIRE(one.evaluations.size() == 6u);
    for (std::size_t i = 0; i < 6; ++i)
      BOOST_TEST(one.evaluations[i].loss == three.evaluations[i].loss);
  }
}

BOOST_AUTO_TEST_CASE(with_one_device_local_and_pooled_statistics_are_the_same) {
  const auto pooled = train(plan_of(batch_norm_policy::pooled, 4, 1));
  const auto local = train(plan_of(batch_norm_policy::local, 4, 1));
  BOOST_REQUIRE(local.evaluations.size() == pooled.evaluations.size());
  for (std::size_t i = 0; i < local.evaluations.size(); ++i)
    BOOST_TEST(local.evaluations[i].loss == pooled.evaluations[i].loss,
               boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(
    more_devices_than_test_samples_lend_no_more_statistics_than_there_are_samples) {
  auto plan = plan_of(batch_norm_policy::local, 1, 5);
  plan.test = noise_pictures(shape, 10, 3, 2);
  const auto end = train(plan);
  BOOST_TEST(std::isfinite(end.evaluations.back().loss));
  const double correct = end.evaluations.back().accuracy * 3;
  BOOST_TEST(std::abs(correct - std::round(correct)) < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_policy_that_cannot_work_is_refused_before_anything_begins) {
  const auto refused = [](run_plan plan, const std::string& why) {
    BOOST_CHECK_EXCEPTION(check_plan(plan), bad_input, [&](const bad_input& e) {
      BOOST_TEST(std::string{e.what()}.find(why) != std::string::npos, e.what());
      return true;
    });
  };
  auto remote = plan_of(batch_norm_policy::local);
  remote.devices.clear();
  remote.nodes.devices = 2;
  refused(remote, "the statistics would stay in the processes of the devices");
  auto empty = plan_of(batch_norm_policy::recalibrate);
  empty.calibration = nullptr;
  refused(empty, "expected a calibration set");
  auto other = plan_of(batch_norm_policy::pooled);
  other.batch_norm = batch_norm_policy::local;
  refused(other, "is not that of its network's statistics");
}

BOOST_AUTO_TEST_SUITE_END()
