#include "verge/model/strategy.hpp"

#include <boost/test/unit_test.hpp>

#include "model/aggregation/rule_inputs.hpp"

using namespace verge;
using namespace verge::test;

BOOST_AUTO_TEST_SUITE(strategy_test)

BOOST_AUTO_TEST_CASE(two_rules_share_no_velocity) {
  const auto strategy = large_batch(8, {}, 0.9);
  const auto current = noise_of(scalar::float64, 0);
  const auto first_step = [&](server_rule& rule) {
    auto next = noise_of(scalar::float64, 1);
    rule.apply({work_with(0.1, 0.9, 0.0)}, current, next);
    return doubles(next);
  };
  const auto used = strategy.make_rule();
  const auto before = first_step(*used);
  const auto fresh = strategy.make_rule();
  BOOST_TEST((first_step(*fresh) == before));
  BOOST_TEST((first_step(*used) != before));
}

BOOST_AUTO_TEST_CASE(the_work_of_a_round_has_the_schedules_rate_at_its_epoch) {
  const learning_rate_schedule schedule{
      .base = 0.8, .kind = schedule_kind::cosine, .warmup_epochs = 2.0};
  const auto plan = large_batch(16, schedule, 0.9, 1e-4).plan;
  const run_length length{40, 0.25, 5};
  for (const std::uint32_t round : {1u, 3u, 9u, 10u, 40u}) {
    auto expected = plan.work;
    expected.learning_rate = schedule.rate(0.25 * (round - 1), 0.25, 10.0);
    BOOST_TEST((plan.at(round_id{round}, length) == expected));
    BOOST_TEST(expected.learning_rate > 0.0);
  }
}

BOOST_AUTO_TEST_CASE(a_rate_for_another_batch_is_scaled_to_that_of_the_devices_that_make_a_step) {
  auto plan = large_batch(16, {.base = 0.1}).plan;
  plan.schedule_batch = 32;
  BOOST_TEST(plan.at(round_id{1}, {40, 0.25, 5}).learning_rate == 0.1 * 2.5);
  BOOST_TEST(plan.at(round_id{1}, {40, 0.25, 1}).learning_rate == 0.1 * 0.5);
}

BOOST_AUTO_TEST_CASE(large_batch_asks_for_one_gradient_and_federated_for_a_displacement) {
  const auto gradient = large_batch(16, {}, 0.9, 1e-4).plan.work;
  BOOST_TEST((gradient == local_work{update_kind::gradient, 16, 1, 0, 0.0, 0.9, 1e-4}));
  const auto by_steps = federated(8, 5, 0, {}, 0.5, 1e-3).plan.work;
  BOOST_TEST((by_steps == local_work{update_kind::displacement, 8, 5, 0, 0.0, 0.5, 1e-3}));
  const auto by_epochs = federated(8, 0, 2, {}).plan.work;
  BOOST_TEST((by_epochs == local_work{update_kind::displacement, 8, 0, 2, 0.0, 0.0, 0.0}));
}

BOOST_AUTO_TEST_CASE(the_two_halves_of_a_strategy_may_be_changed) {
  auto how = federated(8, 5, 0, {}, 0.5, 1e-3);
  how.plan.work.proximal = 0.25;
  BOOST_TEST((how.plan.at(round_id{1}, {1, 1.0, 1}) ==
              local_work{update_kind::displacement, 8, 5, 0, 0.1, 0.5, 1e-3, 0.25}));
  how.make_rule = [] { return make_federated_rule("adam"); };
  BOOST_TEST(how.make_rule()->memory().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
