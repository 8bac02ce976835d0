#include "verge/model/strategy.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "verge/model/random.hpp"

using namespace verge;

namespace {

constexpr std::size_t size = 37;

/// Noise in [-1, 1), another one in every round.
flat_buffer noise(scalar type, std::uint32_t round) {
  const random_stream stream{5, random_purpose::initial_parameters, round};
  flat_buffer buffer{type, size};
  with_scalar(type, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < size; ++i)
      buffer.as<T>()[i] = static_cast<T>(2.0 * stream.unit(i) - 1.0);
  });
  return buffer;
}

std::vector<double> doubles(const flat_buffer& buffer) {
  return with_scalar(buffer.type(), [&](auto zero) {
    const auto values = buffer.as<decltype(zero)>();
    return std::vector<double>(values.begin(), values.end());
  });
}

local_work work_with(double rate, double momentum, double decay) {
  local_work work;
  work.learning_rate = rate;
  work.momentum = momentum;
  work.weight_decay = decay;
  return work;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(strategy_test)

BOOST_AUTO_TEST_CASE(the_sgd_rule_is_that_of_a_plain_loop_over_several_rounds) {
  for (const auto type : {scalar::float32, scalar::float64})
    for (const double momentum : {0.0, 0.9})
      for (const double decay : {0.0, 5e-4}) {
        const auto rule = make_sgd_rule();
        auto current = noise(type, 0);
        auto expected = doubles(current);
        std::vector<double> velocity(size, 0.0);
        for (std::uint32_t round = 1; round <= 6; ++round) {
          // The rate changes, as a schedule changes it; it is not part of the velocity.
          const double rate = 0.3 / round;
          auto next = noise(type, round);
          const auto gradient = doubles(next);
          rule->apply(work_with(rate, momentum, decay), current, next);
          take_step(current, next);
          current = next;
          for (std::size_t i = 0; i < size; ++i) {
            velocity[i] = momentum * velocity[i] + gradient[i] + decay * expected[i];
            expected[i] -= rate * velocity[i];
            const double precision = type == scalar::float32 ? 1e-5 : 1e-14;
            BOOST_TEST(std::abs(doubles(current)[i] - expected[i]) < precision);
          }
        }
      }
}

BOOST_AUTO_TEST_CASE(two_rules_share_no_velocity) {
  const auto strategy = large_batch(8, {}, 0.9);
  const auto current = noise(scalar::float64, 0);
  const auto first_step = [&](server_rule& rule) {
    auto next = noise(scalar::float64, 1);
    rule.apply(work_with(0.1, 0.9, 0.0), current, next);
    return doubles(next);
  };
  const auto used = strategy.make_rule();
  const auto before = first_step(*used);
  const auto fresh = strategy.make_rule();
  BOOST_TEST((first_step(*fresh) == before));
  BOOST_TEST((first_step(*used) != before));
}

BOOST_AUTO_TEST_CASE(a_rule_goes_on_from_what_another_remembers) {
  const auto current = noise(scalar::float32, 1);
  for (const auto make : {make_sgd_rule, make_averaging_rule})
    for (const double momentum : {0.0, 0.9}) {
      const auto work = work_with(0.1, momentum, 0.0);
      const auto rule = make(), later = make();
      auto step = noise(scalar::float32, 2);
      rule->apply(work, current, step);
      auto memory = rule->memory();
      for (auto& one : memory) one = one.clone();
      later->remember(memory);
      for (std::uint32_t round = 3; round < 6; ++round) {
        auto expected = noise(scalar::float32, round), got = noise(scalar::float32, round);
        rule->apply(work, current, expected);
        later->apply(work, current, got);
        BOOST_TEST(doubles(got) == doubles(expected), boost::test_tools::per_element());
      }
    }
}

BOOST_AUTO_TEST_CASE(averaging_adds_the_mean_displacement_whatever_the_rate) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const auto current = noise(type, 0);
    const auto displacement = doubles(noise(type, 1));
    auto next = noise(type, 1);
    make_averaging_rule()->apply(work_with(17.0, 0.9, 0.1), current, next);
    take_step(current, next);
    for (std::size_t i = 0; i < size; ++i) {
      const double sum = doubles(current)[i] + displacement[i];
      BOOST_TEST(doubles(next)[i] == (type == scalar::float32 ? static_cast<float>(sum) : sum));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_work_of_a_round_has_the_schedules_rate_at_its_epoch) {
  const learning_rate_schedule schedule{
      .base = 0.8, .kind = schedule_kind::cosine, .warmup_epochs = 2.0, .total_epochs = 10.0};
  const auto plan = large_batch(16, schedule, 0.9, 1e-4).plan;
  for (const double epoch : {0.0, 0.5, 3.0, 9.5}) {
    auto expected = plan.work;
    expected.learning_rate = schedule.rate(epoch, 0.25);
    BOOST_TEST((plan.at(epoch, 0.25) == expected));
    BOOST_TEST(expected.learning_rate > 0.0);
  }
}

BOOST_AUTO_TEST_CASE(large_batch_asks_for_one_gradient_and_federated_for_a_displacement) {
  const auto gradient = large_batch(16, {}, 0.9, 1e-4).plan.work;
  BOOST_TEST((gradient == local_work{update_kind::gradient, 16, 1, 0, 0.0, 0.9, 1e-4}));
  const auto by_steps = federated(8, 5, 0, {}, 0.5, 1e-3).plan.work;
  BOOST_TEST((by_steps == local_work{update_kind::displacement, 8, 5, 0, 0.0, 0.5, 1e-3}));
  const auto by_epochs = federated(8, 0, 2, {}).plan.work;
  BOOST_TEST((by_epochs == local_work{update_kind::displacement, 8, 0, 2, 0.0, 0.0, 0.0}));
}

BOOST_AUTO_TEST_SUITE_END()
