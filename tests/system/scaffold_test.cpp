// SCAFFOLD (Karimireddy et al. 2020, arXiv 1910.06378): whole runs through all actors are compared
// with algorithm 1, option II, as the paper writes it, in float64.

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <variant>

#include "actors/round/round_state.hpp"
#include "model/data/local_data.hpp"
#include "support/trained.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/learner.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint64_t seed = 4;
constexpr sample_shape shape{1, 6, 6};
constexpr std::uint32_t local_steps = 3;
constexpr double rate = 0.2;
constexpr double server_rate = 0.7;

network mlp(bool controls, scalar type = scalar::float64) {
  network_options options;
  options.name = "mlp";
  options.type = type;
  options.input = shape;
  options.shares_controls = controls;
  return network::build(options);
}

strategy scaffold(double server_learning_rate = server_rate) {
  // A batch is the whole shard, so a local epoch is one step, and the order of the samples is
  // irrelevant.
  auto how = federated(1000, 0, local_steps, constant_rate(rate));
  how.make_rule = [=] {
    federated_rule_options options{"scaffold"};
    options.learning_rate = server_learning_rate;
    return make_federated_rule(options);
  };
  return how;
}

/// Shards of 8, 12, 16 and 20 pictures.
std::vector<dataset_ptr> uneven_shards() {
  std::vector<dataset_ptr> shards;
  for (std::uint32_t i = 0; i < 4; ++i) shards.push_back(noise_pictures(shape, 10, 8 + 4 * i, i));
  return shards;
}

run_plan plan_of(std::uint32_t cohort, bool equal_weights) {
  run_plan plan{seed, mlp(true), scaffold(), devices_of(seed, uneven_shards()),
                noise_pictures(shape, 10, 20, 9)};
  plan.rounds = 6;
  plan.cohort = cohort;
  plan.equal_weights = equal_weights;
  return plan;
}

/// The devices asked in each round, with their weights. round_state decides them; this test only
/// uses them.
std::vector<std::vector<asked_device>> cohorts_of(const run_plan& plan) {
  round_policy policy;
  policy.seed = plan.seed;
  policy.devices = plan.device_count();
  policy.rounds = plan.rounds;
  policy.cohort = plan.cohort;
  policy.equal_weights = plan.equal_weights;
  policy.plan = plan.how.plan;
  round_state state{policy};
  std::vector<std::vector<asked_device>> cohorts;
  round_commands last;
  for (const auto& device : plan.devices) last = state.joined(device->device(), device->size());
  while (const auto* open = std::get_if<command::open>(&last.at(0))) {
    cohorts.push_back(open->cohort);
    const auto round = open->round;
    std::vector<counted_update> updates;
    for (const auto& asked : cohorts.back()) {
      state.update_counted(round, asked.device);
      updates.push_back({asked.device, asked.samples, 0.0});
    }
    state.committed(round, updates);
    last = state.proceed();
  }
  return cohorts;
}

using numbers = std::vector<double>;

numbers values_of(const flat_buffer& buffer) {
  const auto values = buffer.as<double>();
  return {values.begin(), values.end()};
}

/// The gradient of the mean loss over a device's data.
class gradients {
public:
  numbers of(const numbers& w, const local_data& data) {
    model_state state{flat_buffer{scalar::float64, w.size()}, {}, 0};
    std::copy(w.begin(), w.end(), state.parameters.as<double>().begin());
    learner_.load(1, {++version_}, state);
    flat_buffer gradient{scalar::float64, w.size()};
    flat_buffer moments{scalar::float64, 0};
    learner_.train({update_kind::gradient, static_cast<std::uint32_t>(data.size()), 1}, data,
                   round_id{1}, gradient, moments);
    return values_of(gradient);
  }

private:
  learner learner_{mlp(false)};
  std::uint64_t version_ = 0;
};

struct server_state {
  numbers w;
  numbers c;
};

server_state by_the_paper(const run_plan& plan) {
  gradients gradient;
  server_state server;
  server.w = values_of(mlp(false).initial_state(seed).parameters);
  const auto size = server.w.size();
  server.c.assign(size, 0.0);
  std::vector<numbers> own(plan.devices.size(), numbers(size, 0.0));
  double all = 0.0;
  for (const auto& device : plan.devices)
    all += plan.equal_weights ? 1.0 : static_cast<double>(local_steps * device->size());
  for (const auto& cohort : cohorts_of(plan)) {
    double weight = 0.0;
    numbers moved(size, 0.0), changed(size, 0.0);
    for (const auto& asked : cohort) {
      const auto q = static_cast<double>(asked.weight);
      auto& c_k = own[asked.device.value];
      auto y = server.w;
      for (std::uint32_t step = 0; step < local_steps; ++step) {
        const auto g = gradient.of(y, *plan.devices[asked.device.value]);
        for (std::size_t i = 0; i < size; ++i) y[i] -= rate * (g[i] - c_k[i] + server.c[i]);
      }
      for (std::size_t i = 0; i < size; ++i) {
        const auto next = c_k[i] - server.c[i] + (server.w[i] - y[i]) / (local_steps * rate);
        moved[i] += q * (y[i] - server.w[i]);
        changed[i] += q * (next - c_k[i]);
        c_k[i] = next;
      }
      weight += q;
    }
    for (std::size_t i = 0; i < size; ++i) {
      server.w[i] += server_rate * moved[i] / weight;
      server.c[i] += changed[i] / weight * (weight / all);
    }
  }
  return server;
}

double relative_error(std::span<const double> got, const numbers& expected) {
  double difference = 0.0, size = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += (got[i] - expected[i]) * (got[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scaffold_test)

BOOST_AUTO_TEST_CASE(it_is_the_algorithm_of_the_paper) {
  for (const std::uint32_t cohort : {0u, 2u})
    for (const bool equal_weights : {true, false}) {
      const auto plan = plan_of(cohort, equal_weights);
      const auto end = train(plan);
      const auto expected = by_the_paper(plan);
      const auto values = std::as_const(end.state.parameters).as<double>();
      BOOST_REQUIRE(values.size() == 2 * expected.w.size());
      BOOST_TEST(relative_error(values.first(expected.w.size()), expected.w) < 1e-9);
      BOOST_TEST(relative_error(values.last(expected.c.size()), expected.c) < 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(devices_with_the_same_data_need_no_correction) {
  const std::vector<dataset_ptr> same(3, noise_pictures(shape, 10, 16));
  const auto end = [&](const network& model, strategy how) {
    run_plan plan{seed, model, std::move(how), devices_of(seed, same),
                  noise_pictures(shape, 10, 9)};
    plan.rounds = 5;
    return train(plan).state.parameters;
  };
  const auto with = values_of(end(mlp(true), scaffold(1.0)));
  const auto without =
      values_of(end(mlp(false), federated(1000, 0, local_steps, constant_rate(rate))));
  BOOST_TEST(relative_error(std::span{with}.first(without.size()), without) < 1e-9);
  // Control variates were in use: c is the mean gradient.
  const auto c = std::span{with}.last(without.size());
  BOOST_TEST(std::inner_product(c.begin(), c.end(), c.begin(), 0.0) > 1e-3);
}

BOOST_AUTO_TEST_CASE(the_model_that_is_left_is_without_control_variates) {
  auto plan = plan_of(2, false);
  const auto end = train(plan);
  const auto left = plan.model.completed(end.state);
  BOOST_TEST(left.parameters.size() == plan.model.tensors().parameter_count());
  // The same model was evaluated.
  learner alone{mlp(false)};
  alone.load(1, {1}, left);
  const auto sums = alone.evaluate(*plan.test, 0, 20, 20);
  BOOST_TEST(sums.loss / 20 == end.evaluations.back().loss, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(any_number_of_trainers_makes_the_same_bits) {
  auto plan = plan_of(2, false);
  plan.model = mlp(true, scalar::float32);
  const auto one = train(plan, 1);
  for (const auto& other : {train(plan, 2), train(plan, 3, 17)})
    BOOST_TEST(same_bits(other.state.parameters, one.state.parameters));
}

BOOST_AUTO_TEST_CASE(control_variates_double_the_bytes_both_ways_and_codecs_take_them) {
  auto plan = plan_of(0, false);
  plan.model = mlp(true, scalar::float32);
  auto without = plan;
  without.model = mlp(false, scalar::float32);
  without.how = federated(1000, 0, local_steps, constant_rate(rate));
  const auto twice = train(plan).rounds.back();
  const auto once = train(without).rounds.back();
  const auto ratio = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<double>(a) / static_cast<double>(b);
  };
  BOOST_TEST(ratio(twice.bytes_up, once.bytes_up) == 2.0, boost::test_tools::tolerance(0.02));
  BOOST_TEST(ratio(twice.bytes_down, once.bytes_down) == 2.0, boost::test_tools::tolerance(0.02));
  plan.codec_up = "topk(0.05)+int8";
  plan.codec_down = "stc(0.05)";
  const auto packed = train(plan);
  BOOST_TEST(packed.rounds.back().bytes_up * 10 < twice.bytes_up);
  BOOST_TEST(std::isfinite(packed.evaluations.back().loss));
}

BOOST_AUTO_TEST_CASE(a_plan_that_cannot_work_is_refused_before_anything_begins) {
  const auto refused = [](const run_plan& plan, const std::string& why) {
    BOOST_CHECK_EXCEPTION(check_plan(plan), bad_input, [&](const bad_input& e) {
      BOOST_TEST(std::string{e.what()}.find(why) != std::string::npos, e.what());
      return true;
    });
  };
  auto bare = plan_of(0, false);
  bare.model = mlp(false);
  refused(bare, "differ in whether they use control variates");
  auto heavy = plan_of(0, false);
  heavy.how.plan.work.momentum = 0.9;
  refused(heavy, "plain local steps");
}

BOOST_AUTO_TEST_SUITE_END()
