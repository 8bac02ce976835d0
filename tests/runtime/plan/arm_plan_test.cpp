// How the keys of an arm become the plan of a run.

#include "runtime/plan/arm_plan.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/experiment_files.hpp"
#include "runtime/plan/remarks.hpp"
#include "support/noise_dataset.hpp"

namespace {

using namespace verge;
using namespace verge::test;

/// short_experiment's arm number `arm` for 20 devices with 10 samples each.
run_plan plan_of(std::size_t arm, const std::vector<std::string>& overrides,
                 sample_shape shape = {1, 4, 4}) {
  const auto what = read_text(short_experiment, overrides);
  const auto part = std::make_shared<test::noise_dataset>(10, shape);
  const experiment_data data{part, part, std::vector<dataset_ptr>(what.devices.count, part),
                             10 * what.devices.count, part};
  return plan_arm(what, what.arms.at(arm), data, build_network(what, what.arms.at(arm), data));
}

/// The learning rate of a round of the Large Batch arm, with its members in this process.
double rate_of(std::uint32_t round, const std::vector<std::string>& overrides) {
  auto all = overrides;
  all.push_back("arm.large.batch.batch_size=4");
  const auto plan = plan_of(1, all);
  const auto length =
      fix_length({plan.rounds, 0.0}, plan.how.plan.work, plan.cohort, {plan.device_count(), 200});
  return plan.how.plan.at(round_id{round}, length).learning_rate;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arm_plan_test)

BOOST_AUTO_TEST_CASE(a_gpu_that_is_not_here_is_refused_by_who_would_train_on_it) {
  // Or there is no GPU at all. To read the experiment, as a report does, takes none.
  const auto what = read_text(short_experiment, {"torch_device=cuda:99"});
  BOOST_CHECK_EXCEPTION(read_data(what), bad_input, [](const bad_input& e) {
    return std::string{e.what()}.find("torch_device = \"cuda:99\": expected ") == 0;
  });
}

BOOST_AUTO_TEST_CASE(a_learning_rate_for_another_batch_is_scaled_to_that_of_the_devices_asked) {
  BOOST_TEST(rate_of(1, {}) == 0.4);
  // 20 devices of 4 samples, then a cohort of 5: the batch of a step, against the one in the file.
  BOOST_TEST(rate_of(1, {"arm.large.batch.learning_rate_batch=16"}) == 0.4 * 5);
  BOOST_TEST(rate_of(1, {"arm.large.batch.learning_rate_batch=16", "arm.large.batch.cohort=5"}) ==
             0.4 * 1.25);
  // More devices are asked than count.
  BOOST_TEST(rate_of(1, {"arm.large.batch.learning_rate_batch=16", "arm.large.batch.cohort=5",
                         "arm.large.batch.over_selection=2"}) == 0.4 * 1.25);
}

BOOST_AUTO_TEST_CASE(a_scaled_learning_rate_is_warmed_up_from_the_one_in_the_file) {
  // A round is 80 of 200 samples: 0.4 epochs.
  const std::vector<std::string> scaled{"arm.large.batch.learning_rate_batch=16",
                                        "arm.large.batch.warmup_epochs=0.8"};
  BOOST_TEST(rate_of(1, scaled) == 0.4);
  BOOST_TEST(rate_of(3, scaled) == 0.4 * 5);
  // Without scaling the warm-up begins at 0, and the first step has the rate of its end.
  BOOST_TEST(rate_of(1, {"arm.large.batch.warmup_epochs=0.8"}) == 0.5 * 0.4);
}

BOOST_AUTO_TEST_CASE(epochs_become_rounds_of_what_the_devices_hold) {
  BOOST_TEST(plan_of(1, {"arm.large.batch.batch_size=4", "arm.large.batch.epochs=2"}).rounds == 5u);
  BOOST_TEST(plan_of(1, {"arm.large.batch.rounds=7"}).rounds == 7u);
}

BOOST_AUTO_TEST_CASE(statistics_are_shared_where_the_server_pools_them) {
  const std::vector<std::string> lenet{"model.name=lenet", "model.norm=batch"};
  const auto plan_with = [&](const std::string& policy) {
    auto all = lenet;
    all.push_back("data.calibration_samples=10");
    all.push_back("arm.fed.batch_norm=" + policy);
    return plan_of(2, all, {1, 16, 16});
  };
  BOOST_TEST(plan_of(2, lenet, {1, 16, 16}).model.layout().statistic_count() == 44u);
  for (const auto& policy : {"pooled", "local", "recalibrate"}) {
    const auto plan = plan_with(policy);
    const bool pooled = plan.batch_norm == batch_norm_policy::pooled;
    BOOST_TEST(plan.model.layout().statistic_count() == (pooled ? 44u : 0u));
    BOOST_TEST(plan.model.tensors().statistic_count() == 44u);
    BOOST_TEST((plan.calibration != nullptr) ==
               (plan.batch_norm == batch_norm_policy::recalibrate));
  }
}

BOOST_AUTO_TEST_CASE(a_batch_beyond_a_shard_is_remarked_on) {
  // 20 devices of 10 samples; the centralized arm has the 200.
  const auto remarks = [](std::size_t arm, const std::string& size) {
    const auto what = read_text(short_experiment, {"arm.*.batch_size=" + size});
    const auto plan = plan_of(arm, {"arm.*.batch_size=" + size});
    return remarks_on(what, what.arms.at(arm), plan, shards_of(plan));
  };
  for (const std::size_t arm : {1, 2}) BOOST_TEST(remarks(arm, "10").empty());
  BOOST_TEST(remarks(0, "200").empty());
  check_equal(remarks(0, "201"),
              {"arm all: batch_size = 201 is more than the 200 samples that there "
               "are: a batch goes through some samples more than once"});
  check_equal(
      remarks(1, "11"),
      {"arm large.batch: batch_size = 11 is more than 20 of 20 devices hold (10 at least): a "
       "batch of theirs goes through some samples more than once"});
  check_equal(
      remarks(2, "11"),
      {"arm fed: batch_size = 11 is more than 20 of 20 devices hold (10 at least): a batch of "
       "theirs is their whole shard"});
}

BOOST_AUTO_TEST_CASE(a_trace_of_other_than_a_row_a_device_is_remarked_on) {
  const temporary_directory directory;
  const auto remarks = [&](std::size_t rows) {
    std::string text = "down,up,latency,compute,dropout\n";
    for (std::size_t i = 0; i < rows; ++i) text += "1,1,0,1,0\n";
    const auto file = directory.file("t.csv", text).string();
    const lines overrides{"links.trace=" + file, "arm.fed.batch_size=10"};
    const auto what = read_text(short_experiment, overrides);
    const auto plan = plan_of(2, overrides);
    auto said = remarks_on(what, what.arms.at(2), plan, shards_of(plan));
    for (auto& line : said) line = replaced(line, file, "t.csv");
    return said;
  };
  BOOST_TEST(remarks(20).empty());
  check_equal(remarks(21), {"links.trace = \"t.csv\" has 21 rows for 20 devices: those behind are "
                            "not used"});
  check_equal(remarks(3), {"links.trace = \"t.csv\" has 3 rows for 20 devices: behind the last row "
                           "it begins again"});
}

BOOST_AUTO_TEST_CASE(a_federated_arm_has_its_proximal_term_and_its_servers_rule) {
  const auto plain = plan_of(2, {}).how;
  BOOST_TEST(plain.plan.work.proximal == 0.0);
  BOOST_TEST(plain.make_rule()->memory().size() == 0u);
  const auto other =
      plan_of(2, {"arm.fed.proximal=0.5", "arm.fed.server_rule=momentum",
                  "arm.fed.server_learning_rate=0.25", "arm.fed.server_momentum=0.5"})
          .how;
  BOOST_TEST(other.plan.work.proximal == 0.5);
  const auto rule = other.make_rule();
  for (const double expected : {0.25, 0.375, 0.4375}) {
    flat_buffer step{scalar::float64, 1};
    step.as<double>()[0] = 1.0;
    rule->apply({}, {}, step);
    BOOST_TEST(step.as<double>()[0] == expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()
