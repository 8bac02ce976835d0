#include "runtime/results/repeated.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "runtime/files/atomic_file.hpp"
#include "runtime/results/summary_table.hpp"
#include "support/temporary_directory.hpp"

namespace {

using namespace verge;
using namespace verge::test;

arm_summary training(const std::string& arm, std::uint64_t seed, const tried_values& tried,
                     double accuracy, std::optional<std::uint32_t> rounds_to_target = {}) {
  arm_summary one;
  one.arm = arm;
  one.name = arm + "@" + std::to_string(seed);
  for (const auto& [key, value] : tried) one.name += "," + key + "=" + value;
  one.seed = seed;
  one.tried = tried;
  one.strategy = "federated";
  one.rounds = 12;
  one.epochs = 12.0;
  one.final_accuracy = one.best_accuracy = accuracy;
  one.rounds_to_target = rounds_to_target;
  if (rounds_to_target) one.epochs_to_target = *rounds_to_target * 0.5;
  one.bytes_up = 1'000'000 * seed;
  one.wall_seconds = static_cast<double>(seed);
  return one;
}

tried_values rate(const std::string& value) {
  return {{"learning_rate", value}};
}

/// Two arms with three seeds. The second value of "fed" has the better mean, though the first has
/// the best single training.
run_summary swept_run() {
  run_summary run{1, 0.85, {}};
  const double low[]{0.90, 0.80, 0.82};
  const double high[]{0.86, 0.87, 0.85};
  const double plain[]{0.88, 0.89, 0.90};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    run.arms.push_back(training("plain", seed, {}, plain[seed - 1], 9 + seed));
    run.arms.push_back(training("fed", seed, rate("0.1"), low[seed - 1]));
    run.arms.push_back(training("fed", seed, rate("0.2"), high[seed - 1],
                                seed == 3 ? std::optional<std::uint32_t>{} : 4 * seed));
  }
  return run;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(repeated_trainings)

BOOST_AUTO_TEST_CASE(the_try_with_the_best_mean_is_chosen_and_the_first_of_equal_ones) {
  const auto run = swept_run();
  const auto arms = results_by_arm(run);
  BOOST_REQUIRE_EQUAL(arms.size(), 2u);
  BOOST_TEST(arms[0].arm == "plain");
  BOOST_TEST(arms[0].tries.size() == 1u);
  BOOST_TEST(arms[1].arm == "fed");
  BOOST_TEST(arms[1].tries.size() == 2u);
  BOOST_TEST(arms[1].chosen == 1u);
  const auto accuracy = arms[1].best().statistics(&arm_summary::final_accuracy);
  BOOST_TEST(accuracy->mean == 0.86, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(accuracy->deviation.value() == 0.01, boost::test_tools::tolerance(1e-12));

  run_summary equal{
      1, {}, {training("a", 1, rate("0.1"), 0.5), training("a", 1, rate("0.2"), 0.5)}};
  BOOST_TEST(results_by_arm(equal)[0].chosen == 0u);
}

BOOST_AUTO_TEST_CASE(a_run_that_trains_each_arm_once_has_arms_of_one_training) {
  run_summary run{1, {}, {arm_summary{}, arm_summary{}}};
  run.arms[0].name = "a";
  run.arms[1].name = "b";
  BOOST_TEST(!repeats(run));
  const auto arms = results_by_arm(run);
  BOOST_REQUIRE_EQUAL(arms.size(), 2u);
  BOOST_TEST(arms[1].arm == "b");
  BOOST_TEST(arms[1].best().trainings.at(0) == &run.arms[1]);
}

BOOST_AUTO_TEST_CASE(summary_json_says_it_by_arm) {
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  const auto run = swept_run();
  write_summary(file, run);
  BOOST_CHECK(read_summary(file) == run);
  const auto json = nlohmann::json::parse(read_file(file));
  BOOST_TEST(json["arms"][1]["name"] == "fed@1,learning_rate=0.1");
  BOOST_TEST(json["arms"][1]["arm"] == "fed");
  BOOST_TEST(json["arms"][1]["seed"] == 1);
  BOOST_TEST(json["arms"][1]["tried"] == nlohmann::json({{"learning_rate", 0.1}}));
  BOOST_TEST(json["arms"][0]["tried"] == nlohmann::json::object());
  BOOST_REQUIRE_EQUAL(json["repeated"].size(), 2u);
  const auto& fed = json["repeated"][1];
  BOOST_TEST(fed["name"] == "fed");
  BOOST_TEST(fed["seeds"] == nlohmann::json({1, 2, 3}));
  BOOST_TEST(fed["tries"] == 2);
  BOOST_TEST(fed["best"] == nlohmann::json({{"learning_rate", 0.2}}));
  BOOST_TEST(fed["rounds_to_target"] ==
             nlohmann::json({{"least", 4.0}, {"most", 8.0}, {"reached", 2}}));
  BOOST_TEST(fed["bytes_up"]["mean"] == 2e6);
  BOOST_TEST(fed["bytes_up"]["deviation"] == 1e6);
  BOOST_TEST(fed["virtual_seconds"].is_null());
  BOOST_TEST(fed["all_tries"].size() == 2u);
  BOOST_TEST(fed["all_tries"][0]["tried"] == nlohmann::json({{"learning_rate", 0.1}}));
  BOOST_TEST(fed["all_tries"][0]["final_accuracy"]["mean"].get<double>() == 0.84,
             boost::test_tools::tolerance(1e-12));

  write_summary(file, {1, {}, {training("a", 1, rate("0.1"), 0.5)}});
  const auto once = nlohmann::json::parse(read_file(file))["repeated"][0];
  BOOST_TEST(once["final_accuracy"]["deviation"].is_null());
  BOOST_TEST(once["rounds_to_target"].is_null());
  write_summary(file, {1, {}, {arm_summary{}}});
  BOOST_TEST(!nlohmann::json::parse(read_file(file)).contains("repeated"));
}

BOOST_AUTO_TEST_CASE(every_field_of_repeated_is_explained_in_the_documentation) {
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  write_summary(file, swept_run());
  const auto page = read_file(VERGE_SOURCE_DIR "/docs/run_directory.md");
  const auto summary = nlohmann::json::parse(read_file(file));
  const auto& arm = summary["repeated"][0];
  for (const auto& object : {summary, arm, arm["rounds_to_target"], arm["final_accuracy"]})
    for (const auto& [name, value] : object.items())
      BOOST_TEST((page.find('`' + name + '`') != std::string::npos), name);
}

BOOST_AUTO_TEST_CASE(a_training_that_did_not_come_to_its_end_does_not_count_beside_those_that_did) {
  auto run = swept_run();
  run.arms[0].status = arm_status::stopped;
  run.arms[0].final_accuracy = 0.1;
  const auto best = results_by_arm(run)[0].best();
  BOOST_TEST(best.trainings.size() == 3u);
  BOOST_CHECK((best.seeds() == std::vector<std::uint64_t>{2, 3}));
  BOOST_TEST(best.statistics(&arm_summary::final_accuracy)->mean == 0.895,
             boost::test_tools::tolerance(1e-14));
  run_summary alone{1, {}, {run.arms[0]}};
  BOOST_TEST(results_by_arm(alone)[0].best().statistics(&arm_summary::final_accuracy)->mean == 0.1);
}

BOOST_AUTO_TEST_CASE(a_try_that_failed_with_one_seed_is_not_chosen_for_its_others) {
  auto run = swept_run();
  run.arms[2].status = arm_status::failed;
  run.arms[2].failure = "round 3: the model has diverged";
  const auto fed = results_by_arm(run)[1];
  BOOST_TEST(fed.chosen == 0u);
  BOOST_CHECK(fed.tries[1].status() == arm_status::failed);
  const auto table = summary_table(run);
  BOOST_TEST((table.find("\n! fed@1,learning_rate=0.2 has failed: round 3") != std::string::npos),
             table);
  // Where both tries have failed trainings, the better of the rest is shown and marked.
  run.arms[1].status = arm_status::failed;
  BOOST_TEST(results_by_arm(run)[1].chosen == 1u);
  BOOST_TEST((summary_table(run).find("\nfed! ") != std::string::npos), summary_table(run));
  BOOST_TEST((summary_table(run).find("\nfed: of 2 seeds\n") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_sweep_that_did_not_come_to_its_end_is_marked_and_has_no_best_try) {
  auto run = swept_run();
  // The trainings after it never began.
  run.arms.resize(2);
  run.arms[1].status = arm_status::stopped;
  const auto table = summary_table(run);
  BOOST_TEST((table.find("\nfed*  ") != std::string::npos), table);
  BOOST_TEST((table.find("; none of its trainings has come to its end\n") != std::string::npos),
             table);
  BOOST_TEST((table.find("the best of") == std::string::npos), table);
}

BOOST_AUTO_TEST_CASE(one_stopped_try_marks_the_arm_whose_best_try_has_ended) {
  auto run = swept_run();
  run.arms[1].status = arm_status::stopped;
  const auto fed = results_by_arm(run)[1];
  BOOST_TEST(fed.has_ended());
  BOOST_CHECK(fed.status() == arm_status::stopped);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_stopped_before_its_first_arm_has_no_table) {
  BOOST_TEST(summary_table({}) == "no arm has been trained\n");
}

BOOST_AUTO_TEST_CASE(the_table_has_a_row_an_arm_with_means_deviations_and_ranges) {
  BOOST_TEST(summary_table(swept_run()) ==
             "arm    tries  rounds  epochs  final accuracy            best  rounds to 85 %      "
             "epochs to 85 %  MB up  MB down  seconds\n"
             "plain      1      12   12.00  89.00 ± 1.00 %  89.00 ± 1.00 %           10-12         "
             "  5.00-6.00    2.0      0.0      2.0\n"
             "fed        2      12   12.00  86.00 ± 1.00 %  86.00 ± 1.00 %    4-8 (2 of 3)  "
             "2.00-4.00 (2 of 3)    2.0      0.0      2.0\n"
             "3 seeds: means, accuracies with the standard deviation of the sample\n"
             "fed: learning_rate = 0.2, the best of 2 by mean final accuracy on the test set\n");
}

BOOST_AUTO_TEST_SUITE_END()
