#include "verge/model/schedule.hpp"

#include <boost/test/unit_test.hpp>

using verge::learning_rate_schedule;
using verge::schedule_kind;

namespace {

/// Length of the runs below, in epochs.
constexpr double total = 90.0;

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_test, *boost::unit_test::tolerance(1e-12))

BOOST_AUTO_TEST_CASE(a_constant_rate_stays) {
  const learning_rate_schedule schedule{.base = 0.4};
  BOOST_TEST(schedule.rate(0.0, 0.1, total) == 0.4);
  BOOST_TEST(schedule.rate(1000.0, 0.1, total) == 0.4);
}

BOOST_AUTO_TEST_CASE(a_cosine_goes_from_the_base_through_half_of_it_to_zero_and_stays_there) {
  const learning_rate_schedule schedule{.base = 0.8, .kind = schedule_kind::cosine};
  BOOST_TEST(schedule.rate(0.0, 1.0, total) == 0.8);
  BOOST_TEST(schedule.rate(30.0, 1.0, total) == 0.6);  // cos(60 degrees) = 1/2
  BOOST_TEST(schedule.rate(45.0, 1.0, total) == 0.4);
  BOOST_TEST(schedule.rate(60.0, 1.0, total) == 0.2);
  BOOST_TEST(schedule.rate(90.0, 1.0, total) + 1.0 == 1.0);
  BOOST_TEST(schedule.rate(135.0, 1.0, total) + 1.0 == 1.0);
}

BOOST_AUTO_TEST_CASE(steps_fall_at_their_epochs) {
  const learning_rate_schedule schedule{
      .base = 1.0, .kind = schedule_kind::step, .step_epochs = 30.0, .step_factor = 0.1};
  BOOST_TEST(schedule.rate(0.0, 0.5, total) == 1.0);
  BOOST_TEST(schedule.rate(29.5, 0.5, total) == 1.0);
  BOOST_TEST(schedule.rate(30.0, 0.5, total) == 0.1);
  BOOST_TEST(schedule.rate(60.0, 0.5, total) == 0.01);
}

BOOST_AUTO_TEST_CASE(a_step_falls_on_time_where_the_epochs_are_a_sum_of_fractions) {
  const learning_rate_schedule schedule{
      .base = 1.0, .kind = schedule_kind::step, .step_epochs = 1.0, .step_factor = 0.5};
  double epoch = 0.0;
  for (int step = 0; step < 10; ++step) epoch += 0.1;
  BOOST_REQUIRE(epoch < 1.0);
  BOOST_TEST(schedule.rate(epoch, 0.1, total) == 0.5);
}

BOOST_AUTO_TEST_CASE(warm_up_is_linear_and_counts_the_end_of_the_step) {
  const learning_rate_schedule schedule{.base = 0.5, .warmup_epochs = 5.0};
  BOOST_TEST(schedule.rate(0.0, 0.5, total) == 0.05);
  BOOST_TEST(schedule.rate(2.0, 0.5, total) == 0.25);
  BOOST_TEST(schedule.rate(4.5, 0.5, total) == 0.5);
  BOOST_TEST(schedule.rate(4.9, 0.5, total) == 0.5);
  BOOST_TEST(schedule.rate(5.0, 0.5, total) == 0.5);
}

BOOST_AUTO_TEST_CASE(warm_up_leads_to_the_base_and_the_schedule_begins_there) {
  const learning_rate_schedule cosine{
      .base = 1.0, .kind = schedule_kind::cosine, .warmup_epochs = 3.0};
  BOOST_TEST(cosine.rate(0.0, 1.0, 9.0) == 1.0 / 3.0);
  BOOST_TEST(cosine.rate(2.0, 1.0, 9.0) == 1.0);
  BOOST_TEST(cosine.rate(3.0, 1.0, 9.0) == 1.0);
  BOOST_TEST(cosine.rate(5.0, 1.0, 9.0) == 0.75);  // a third of the six epochs that are left
  BOOST_TEST(cosine.rate(6.0, 1.0, 9.0) == 0.5);
  BOOST_TEST(cosine.rate(9.0, 1.0, 9.0) + 1.0 == 1.0);
  const learning_rate_schedule step{.base = 1.0,
                                    .kind = schedule_kind::step,
                                    .warmup_epochs = 3.0,
                                    .step_epochs = 2.0,
                                    .step_factor = 0.1};
  BOOST_TEST(step.rate(2.0, 1.0, 9.0) == 1.0);
  BOOST_TEST(step.rate(4.0, 1.0, 9.0) == 1.0);
  BOOST_TEST(step.rate(5.0, 1.0, 9.0) == 0.1);
  BOOST_TEST(step.rate(7.0, 1.0, 9.0) == 0.01);
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_in_its_warm_up_has_the_ramp) {
  for (const auto kind : {schedule_kind::constant, schedule_kind::cosine, schedule_kind::step}) {
    const learning_rate_schedule schedule{
        .base = 0.8, .kind = kind, .warmup_epochs = 4.0, .step_epochs = 1.0};
    BOOST_TEST(schedule.rate(0.0, 1.0, 2.0) == 0.2);
    BOOST_TEST(schedule.rate(1.0, 1.0, 2.0) == 0.4);
    // The warm-up is as long as the run, and reaches the base in the last step.
    BOOST_TEST(schedule.rate(3.0, 1.0, 4.0) == 0.8);
  }
}

BOOST_AUTO_TEST_CASE(a_scaled_rate_is_warmed_up_from_the_rate_as_it_was) {
  // Goyal et al. 2017, section 2.2: the rate grows by a constant amount per step, from eta in the
  // first step to k eta after the warm-up.
  const auto schedule = verge::scaled({.base = 0.1, .warmup_epochs = 5.0}, 8.0);
  BOOST_TEST(schedule.rate(0.0, 0.5, total) == 0.1);
  BOOST_TEST(schedule.rate(0.5, 0.5, total) == 0.17);
  BOOST_TEST(schedule.rate(2.5, 0.5, total) == 0.45);
  BOOST_TEST(schedule.rate(4.5, 0.5, total) == 0.73);
  BOOST_TEST(schedule.rate(5.0, 0.5, total) == 0.8);
  BOOST_TEST(schedule.rate(50.0, 0.5, total) == 0.8);
}

BOOST_AUTO_TEST_CASE(a_scaled_schedule_keeps_its_shape) {
  const learning_rate_schedule small{.base = 0.1,
                                     .kind = schedule_kind::step,
                                     .warmup_epochs = 5.0,
                                     .step_epochs = 30.0,
                                     .step_factor = 0.1};
  const auto large = verge::scaled(small, 32.0);
  for (const double epoch : {5.0, 29.0, 30.0, 60.0})
    BOOST_TEST(large.rate(epoch, 0.5, total) == 32.0 * small.rate(epoch, 0.5, total));
  const auto cosine = verge::scaled({.base = 0.1, .kind = schedule_kind::cosine}, 4.0);
  BOOST_TEST(cosine.rate(0.0, 1.0, 9.0) == 0.4);
  BOOST_TEST(cosine.rate(3.0, 1.0, 9.0) == 0.3);
}

BOOST_AUTO_TEST_CASE(a_rate_for_a_smaller_batch_is_not_warmed_up_from_above) {
  const auto schedule = verge::scaled({.base = 0.8, .warmup_epochs = 2.0}, 0.25);
  for (const double epoch : {0.0, 1.0, 2.0}) BOOST_TEST(schedule.rate(epoch, 0.5, total) == 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
