#include "verge/model/schedule.hpp"

#include <boost/test/unit_test.hpp>

using verge::learning_rate_schedule;
using verge::schedule_kind;

BOOST_AUTO_TEST_SUITE(schedule_test, *boost::unit_test::tolerance(1e-12))

BOOST_AUTO_TEST_CASE(a_constant_rate_stays) {
  const learning_rate_schedule schedule{.base = 0.4};
  BOOST_TEST(schedule.rate(0.0, 0.1) == 0.4);
  BOOST_TEST(schedule.rate(1000.0, 0.1) == 0.4);
}

BOOST_AUTO_TEST_CASE(a_cosine_goes_from_the_base_through_half_of_it_to_zero_and_stays_there) {
  const learning_rate_schedule schedule{
      .base = 0.8, .kind = schedule_kind::cosine, .total_epochs = 90.0};
  BOOST_TEST(schedule.rate(0.0, 1.0) == 0.8);
  BOOST_TEST(schedule.rate(30.0, 1.0) == 0.6);  // cos(60 degrees) = 1/2
  BOOST_TEST(schedule.rate(45.0, 1.0) == 0.4);
  BOOST_TEST(schedule.rate(60.0, 1.0) == 0.2);
  BOOST_TEST(schedule.rate(90.0, 1.0) + 1.0 == 1.0);
  BOOST_TEST(schedule.rate(135.0, 1.0) + 1.0 == 1.0);
}

BOOST_AUTO_TEST_CASE(steps_fall_at_their_epochs) {
  const learning_rate_schedule schedule{
      .base = 1.0, .kind = schedule_kind::step, .step_epochs = 30.0, .step_factor = 0.1};
  BOOST_TEST(schedule.rate(0.0, 0.5) == 1.0);
  BOOST_TEST(schedule.rate(29.5, 0.5) == 1.0);
  BOOST_TEST(schedule.rate(30.0, 0.5) == 0.1);
  BOOST_TEST(schedule.rate(60.0, 0.5) == 0.01);
}

BOOST_AUTO_TEST_CASE(a_step_falls_on_time_where_the_epochs_are_a_sum_of_fractions) {
  const learning_rate_schedule schedule{
      .base = 1.0, .kind = schedule_kind::step, .step_epochs = 1.0, .step_factor = 0.5};
  double epoch = 0.0;
  for (int step = 0; step < 10; ++step) epoch += 0.1;
  BOOST_REQUIRE(epoch < 1.0);
  BOOST_TEST(schedule.rate(epoch, 0.1) == 0.5);
}

BOOST_AUTO_TEST_CASE(warm_up_is_linear_and_counts_the_end_of_the_step) {
  const learning_rate_schedule schedule{.base = 0.5, .warmup_epochs = 5.0};
  BOOST_TEST(schedule.rate(0.0, 0.5) == 0.05);
  BOOST_TEST(schedule.rate(2.0, 0.5) == 0.25);
  BOOST_TEST(schedule.rate(4.5, 0.5) == 0.5);
  BOOST_TEST(schedule.rate(4.9, 0.5) == 0.5);
  BOOST_TEST(schedule.rate(5.0, 0.5) == 0.5);
}

BOOST_AUTO_TEST_CASE(warm_up_leads_to_the_rate_that_the_schedule_has_at_its_end) {
  const learning_rate_schedule schedule{
      .base = 1.0, .kind = schedule_kind::cosine, .warmup_epochs = 3.0, .total_epochs = 9.0};
  BOOST_TEST(schedule.rate(3.0, 0.1) == 0.75);
  BOOST_TEST(schedule.rate(2.0, 1.0) == 0.75);
  BOOST_TEST(schedule.rate(0.0, 1.0) == 0.25);
}

BOOST_AUTO_TEST_CASE(a_scaled_rate_is_warmed_up_from_the_rate_as_it_was) {
  // Goyal et al. 2017, section 2.2: by a constant amount a step, from eta at the first to k eta after warm-up.
  const auto schedule = verge::scaled({.base = 0.1, .warmup_epochs = 5.0}, 8.0);
  BOOST_TEST(schedule.rate(0.0, 0.5) == 0.1);
  BOOST_TEST(schedule.rate(0.5, 0.5) == 0.17);
  BOOST_TEST(schedule.rate(2.5, 0.5) == 0.45);
  BOOST_TEST(schedule.rate(4.5, 0.5) == 0.73);
  BOOST_TEST(schedule.rate(5.0, 0.5) == 0.8);
  BOOST_TEST(schedule.rate(50.0, 0.5) == 0.8);
}

BOOST_AUTO_TEST_CASE(a_scaled_schedule_keeps_its_shape) {
  const learning_rate_schedule small{.base = 0.1,
                                     .kind = schedule_kind::step,
                                     .warmup_epochs = 5.0,
                                     .step_epochs = 30.0,
                                     .step_factor = 0.1};
  const auto large = verge::scaled(small, 32.0);
  for (const double epoch : {5.0, 29.0, 30.0, 60.0})
    BOOST_TEST(large.rate(epoch, 0.5) == 32.0 * small.rate(epoch, 0.5));
  const auto cosine =
      verge::scaled({.base = 0.1, .kind = schedule_kind::cosine, .total_epochs = 9.0}, 4.0);
  BOOST_TEST(cosine.rate(0.0, 1.0) == 0.4);
  BOOST_TEST(cosine.rate(3.0, 1.0) == 0.3);
}

BOOST_AUTO_TEST_CASE(a_rate_for_a_smaller_batch_is_not_warmed_up_from_above) {
  const auto schedule = verge::scaled({.base = 0.8, .warmup_epochs = 2.0}, 0.25);
  for (const double epoch : {0.0, 1.0, 2.0}) BOOST_TEST(schedule.rate(epoch, 0.5) == 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
