#include "verge/model/run_length.hpp"

#include <boost/test/unit_test.hpp>

#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;

namespace {

constexpr local_work gradients{.batch_size = 10};
constexpr local_work two_epochs{
    .kind = update_kind::displacement, .batch_size = 10, .local_steps = 0, .local_epochs = 2};
constexpr local_work three_steps{
    .kind = update_kind::displacement, .batch_size = 10, .local_steps = 3};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_length_test, *boost::unit_test::tolerance(1e-12))

BOOST_AUTO_TEST_CASE(an_epoch_is_one_pass_over_what_the_members_hold) {
  // Two devices with 10 samples per round: ten rounds for 200 samples.
  const auto one = fix_length({0, 1.0}, gradients, 0, {2, 200});
  BOOST_TEST(one.rounds == 10u);
  BOOST_TEST(one.epochs_a_round == 0.1);
  BOOST_TEST(one.updates == 2u);
  BOOST_TEST(one.rounds_an_epoch() == 10u);
  BOOST_TEST(fix_length({0, 1.5}, three_steps, 0, {2, 200}).rounds == 5u);
  BOOST_TEST(fix_length({0, 6.0}, two_epochs, 0, {2, 200}).rounds == 3u);
  // A quarter of the devices goes twice through its data, which is half of all data on average.
  BOOST_TEST(fix_length({0, 6.0}, two_epochs, 2, {8, 800}).epochs_a_round == 0.5);
}

BOOST_AUTO_TEST_CASE(rounds_that_are_given_are_as_many_whoever_holds_how_much) {
  const auto length = fix_length({20, 0.0}, gradients, 0, {2, 200});
  BOOST_TEST(length.rounds == 20u);
  BOOST_TEST(length.epochs() == 2.0);
  BOOST_TEST(length.epochs_before(round_id{1}) == 0.0);
  BOOST_TEST(length.epochs_before(round_id{20}) == 1.9);
}

BOOST_AUTO_TEST_CASE(a_cohort_is_at_most_all_members) {
  BOOST_TEST(fix_length({1, 0.0}, gradients, 5, {2, 200}).updates == 2u);
  BOOST_TEST(fix_length({1, 0.0}, gradients, 5, {8, 200}).updates == 5u);
}

BOOST_AUTO_TEST_CASE(there_is_at_least_one_round_and_an_epoch_has_at_least_one) {
  const auto length = fix_length({0, 0.01}, two_epochs, 0, {2, 200});
  BOOST_TEST(length.rounds == 1u);
  BOOST_TEST(length.rounds_an_epoch() == 1u);
}

BOOST_AUTO_TEST_CASE(more_rounds_than_can_be_counted_are_refused) {
  BOOST_TEST(test::message_of<bad_input>([] {
               fix_length({0, 1e6}, local_work{.batch_size = 1}, 1, {2, 1'000'000});
             }) ==
             "1000000 epochs of 1000000 samples are 1000000000000 rounds; expected at most "
             "1000000000");
}

BOOST_AUTO_TEST_SUITE_END()
