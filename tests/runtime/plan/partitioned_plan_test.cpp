#include "runtime/plan/arm_plan.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <vector>

#include "model/data/local_data.hpp"
#include "support/labelled_dataset.hpp"
#include "verge/model/partition.hpp"

using namespace verge;
using verge::test::balanced_labels;

namespace {

/// 60 samples on 4 devices.
experiment_data data_cut_by(const std::string& rule) {
  const dataset_ptr whole = balanced_labels(60, 5);
  const auto cut = partition::make(read_partition_rule(rule), *whole, 4, 1);
  experiment_data data{whole, whole, {}, whole->size()};
  for (std::uint32_t k = 0; k < 4; ++k) data.shards.push_back(cut.shard(whole, k));
  return data;
}

run_plan plan_of(const arm_options& arm, const experiment_data& data) {
  experiment what;
  what.model.name = "logistic";
  return plan_arm(what, arm, data, build_network(what, arm, data));
}

/// The samples of the first `steps` rounds of a centralized arm with batches of 10, in ascending
/// order.
std::vector<int> walked(const experiment_data& data, std::uint32_t steps) {
  arm_options arm;
  arm.strategy = strategy_kind::centralized;
  arm.batch_size = 10;
  arm.rounds = steps;
  const auto plan = plan_of(arm, data);
  std::vector<int> samples;
  for (std::uint32_t round = 1; round <= steps; ++round) {
    std::vector<float> features(10);
    std::vector<std::int64_t> labels(10);
    plan.devices.at(0)->read_batch(plan.how.plan.work, round_id{round}, 0, features, labels);
    samples.insert(samples.end(), features.begin(), features.end());
  }
  std::sort(samples.begin(), samples.end());
  return samples;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(partitioned_plan_test)

BOOST_AUTO_TEST_CASE(an_epoch_of_a_centralized_arm_holds_every_sample_once_whoever_holds_it) {
  std::vector<int> all(60);
  std::iota(all.begin(), all.end(), 0);
  for (const char* rule : {"iid", "labels(3)", "quantity(0.5)", "dirichlet(0.5)", "shards(2)"})
    BOOST_TEST((walked(data_cut_by(rule), 6) == all), rule);
}

BOOST_AUTO_TEST_CASE(an_epoch_of_local_epochs_is_one_whatever_the_sizes_of_the_shards) {
  arm_options arm;
  arm.strategy = strategy_kind::federated;
  arm.local_epochs = 3;
  arm.epochs = 30.0;
  BOOST_TEST(plan_of(arm, data_cut_by("quantity(0.5)")).rounds == 10u);
  // Two of four devices: half of the data on average.
  arm.cohort = 2;
  BOOST_TEST(plan_of(arm, data_cut_by("quantity(0.5)")).rounds == 20u);
}

BOOST_AUTO_TEST_SUITE_END()
