// Property 1 of the design: the final model is a function of the experiment and its seed. It does
// not depend on the number of trainers or on the order in which updates arrive.

#include <boost/test/unit_test.hpp>

#include "support/trained.hpp"

using namespace verge;
using namespace verge::test;

BOOST_AUTO_TEST_SUITE(same_bits_for_the_same_seed)

BOOST_AUTO_TEST_CASE(any_number_of_trainers_and_any_order_of_arrival) {
  const std::vector<run_plan> plans{
      plan_of_twelve(large_batch(8, constant_rate(0.1), 0.9, 1e-4), "small_cnn", norm_kind::none),
      plan_of_twelve(federated(8, 0, 2, constant_rate(0.05)), "small_cnn", norm_kind::none),
      plan_of_twelve(federated(5, 2, 0, constant_rate(0.05), 0.9), "mlp", norm_kind::none)};
  for (const auto& plan : plans) {
    const auto expected = train(plan, 1);
    for (const auto& other : {train(plan, 2), train(plan, 3, 17), train(plan, 1, 99)}) {
      BOOST_TEST(same_bits(other.state.parameters, expected.state.parameters));
      BOOST_REQUIRE(other.rounds.size() == expected.rounds.size());
      for (std::size_t i = 0; i < other.rounds.size(); ++i) {
        BOOST_TEST(other.rounds[i].train_loss == expected.rounds[i].train_loss);
        BOOST_TEST(other.rounds[i].bytes_up == expected.rounds[i].bytes_up);
        BOOST_TEST(other.rounds[i].bytes_down == expected.rounds[i].bytes_down);
      }
      BOOST_REQUIRE(other.evaluations.size() == expected.evaluations.size());
      for (std::size_t i = 0; i < other.evaluations.size(); ++i) {
        BOOST_TEST(other.evaluations[i].accuracy == expected.evaluations[i].accuracy);
        BOOST_TEST(other.evaluations[i].loss == expected.evaluations[i].loss);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_statistics_too) {
  auto plan = plan_of_twelve(federated(5, 0, 1, constant_rate(0.05)), "resnet18", norm_kind::batch);
  plan.rounds = 2;
  plan.cohort = 4;
  const auto expected = train(plan, 1);
  const auto other = train(plan, 2, 5);
  BOOST_TEST(same_bits(other.state.parameters, expected.state.parameters));
  BOOST_TEST(same_bits(other.state.statistics, expected.state.statistics));
  BOOST_TEST(other.state.batches_tracked == expected.state.batches_tracked);
}

BOOST_AUTO_TEST_CASE(another_seed_is_another_model) {
  auto plan = plan_of_twelve(large_batch(8, constant_rate(0.1)), "mlp", norm_kind::none);
  const auto one = train(plan);
  plan.seed = 10;
  plan.devices = devices_of(10, iid_shards(noise_pictures({3, 20, 20}, 10, 240), 12));
  BOOST_TEST(!same_bits(train(plan).state.parameters, one.state.parameters));
}

BOOST_AUTO_TEST_SUITE_END()
