#include "verge/runtime/advice.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/sample_run.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;

namespace {

constexpr double megabyte = 1e6;

cost_to_target cost(std::string arm, double megabytes_down, double megabytes_up, double compute,
                    double rounds = 1) {
  return {std::move(arm), rounds, megabytes_down * megabyte, megabytes_up * megabyte,
          virtual_seconds{compute}};
}

ledger_line line_of(const std::string& arm, std::uint32_t round, double compute) {
  ledger_line line{arm, "none", {}, {}, {}};
  line.round.round = round_id{round};
  line.round.cohort = 4;
  line.round.bytes_up = 400;
  line.round.bytes_down = 800;
  line.round.compute.emplace(compute);
  return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(advice_test, *boost::unit_test::tolerance(1e-12))

BOOST_AUTO_TEST_CASE(costs_are_those_of_one_device_up_to_the_target) {
  run_summary summary;
  summary.arms.resize(3);
  summary.arms[0].name = "a";
  summary.arms[0].rounds_to_target = 2;
  summary.arms[1].name = "never";
  summary.arms[2].name = "b";
  summary.arms[2].rounds_to_target = 3;
  std::vector<ledger_line> ledger;
  for (const std::string arm : {"a", "never", "b"})
    for (std::uint32_t round = 1; round <= 3; ++round)
      ledger.push_back(line_of(arm, round, 0.5 * round));
  const auto costs = costs_to_target(summary, ledger);
  BOOST_REQUIRE_EQUAL(costs.size(), 2u);
  BOOST_TEST(costs[0].arm == "a");
  BOOST_TEST(costs[0].rounds == 2u);
  BOOST_TEST(costs[0].bytes_up == 200.0);
  BOOST_TEST(costs[0].bytes_down == 400.0);
  BOOST_TEST(costs[0].compute.count() == 1.5);
  BOOST_TEST(costs[1].compute.count() == 3.0);
}

BOOST_AUTO_TEST_CASE(who_dropped_out_has_moved_nothing) {
  run_summary summary;
  summary.arms.resize(1);
  summary.arms[0].name = "a";
  summary.arms[0].rounds_to_target = 1;
  auto line = line_of("a", 1, 1.0);
  line.round.lost = 2;
  BOOST_TEST(costs_to_target(summary, {line}).at(0).bytes_up == 200.0);
  // An old ledger gives no advice, rather than one in which computing is free.
  line.round.compute.reset();
  BOOST_TEST(costs_to_target(summary, {line}).empty());
}

BOOST_AUTO_TEST_CASE(time_is_download_computation_upload_and_six_latencies_a_round) {
  const auto one = cost("a", 10, 5, 7.0, 3);
  BOOST_TEST(time_to_target(one, {"", 40, 20}, 0.0) == 80.0 / 40 + 7.0 + 40.0 / 20);
  BOOST_TEST(time_to_target(one, {"", 40, 20}, 0.05) == 2.0 + 7.0 + 2.0 + 3 * 6 * 0.05);
  BOOST_TEST(time_to_target(one, {"", 0, 0}, 0.0) == 7.0);
  // An arm that sends nothing does not wait for messages.
  BOOST_TEST(time_to_target(cost("c", 0, 0, 7.0, 3), {"", 1, 1}, 0.05) == 7.0);
}

// Large Batch sends 16 times as much and computes half as long. At s seconds per Mbit up they meet
// where
// 10 + 8 (160 + 80) s = 20 + 8 (10 + 5) s, so at s = 10 / 1800.
BOOST_AUTO_TEST_CASE(the_arm_that_sends_less_is_first_below_the_crossover) {
  const std::vector<cost_to_target> costs{cost("large-batch", 160, 160, 10.0),
                                          cost("federated", 10, 10, 20.0)};
  const auto ranges = fastest_arms(costs, 2.0, 0.0);
  BOOST_REQUIRE_EQUAL(ranges.size(), 2u);
  BOOST_TEST(ranges[0].arm == 1u);
  BOOST_TEST(ranges[0].above == 0.0);
  BOOST_TEST(ranges[1].arm == 0u);
  BOOST_TEST(ranges[1].above == 180.0);
}

BOOST_AUTO_TEST_CASE(an_arm_that_is_behind_at_every_rate_is_never_first) {
  const auto ranges = fastest_arms({cost("a", 10, 10, 1.0), cost("worse", 11, 11, 2.0),
                                    cost("b", 1, 1, 3.0), cost("same as b", 1, 1, 3.0)},
                                   2.0, 0.0);
  BOOST_REQUIRE_EQUAL(ranges.size(), 2u);
  BOOST_TEST(ranges[0].arm == 2u);
  BOOST_TEST(ranges[1].arm == 0u);
  BOOST_TEST(fastest_arms({}, 2.0, 0.0).empty());
}

BOOST_AUTO_TEST_CASE(ranges_are_told_by_arm_and_by_strategy) {
  std::vector<cost_to_target> costs{cost("lb", 160, 160, 10.0), cost("lb-int8", 40, 40, 11.0),
                                    cost("fed", 10, 10, 20.0)};
  costs[0].strategy = costs[1].strategy = "large batch";
  costs[2].strategy = "federated";
  using ranges = std::vector<range_in_words>;
  // lb and lb-int8 meet where 8 (240 - 60) s = 1, lb-int8 and fed where 8 (60 - 15) s = 9.
  BOOST_TEST((fastest_arms_in_words(costs, 2.0, 0.0) == ranges{{"fed", "up to 40 Mbit/s up"},
                                                               {"lb-int8", "up to 1440 Mbit/s up"},
                                                               {"lb", "above that"}}));
  BOOST_TEST((fastest_strategies_in_words(costs, 2.0, 0.0) ==
              ranges{{"federated", "up to 40 Mbit/s up"}, {"large batch", "above that"}}));
  costs.pop_back();
  BOOST_TEST(
      (fastest_strategies_in_words(costs, 2.0, 0.0) == ranges{{"large batch", "at any rate"}}));
}

BOOST_AUTO_TEST_CASE(the_first_of_each_range_is_the_first_at_every_rate_in_it) {
  std::mt19937_64 random{3};
  std::uniform_real_distribution<double> number{0.1, 100.0};
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<cost_to_target> costs;
    for (int i = 0; i < 1 + trial % 8; ++i)
      costs.push_back(cost(std::to_string(i), number(random), number(random), number(random),
                           static_cast<std::uint32_t>(1 + random() % 50)));
    const double latency = trial % 2 == 0 ? 0.0 : 0.1;
    const auto ranges = fastest_arms(costs, 2.0, latency);
    BOOST_TEST_REQUIRE(ranges.front().above == 0.0);
    for (double up = 0.01; up < 1e5; up *= 1.3) {
      std::size_t expected = 0;
      for (std::size_t i = 1; i < costs.size(); ++i)
        if (time_to_target(costs[i], {"", 2 * up, up}, latency) <
            time_to_target(costs[expected], {"", 2 * up, up}, latency))
          expected = i;
      std::size_t got = 0;
      for (const auto& range : ranges)
        if (up >= range.above) got = range.arm;
      BOOST_TEST_REQUIRE(got == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(advice_names_times_and_crossovers) {
  const test::temporary_directory directory;
  test::write_sample_run(directory.path() / "run", test::three_arms());
  const auto text = advice_on(directory.path() / "run", {{"5/1", 5, 1}}, 0.0);
  BOOST_TEST_MESSAGE(text);
  BOOST_TEST(text.find("Time to 80 % accuracy") == 0u);
  for (const char* expected : {"global-fixed", "5/1", "large-batch", "federated", "centralized",
                               "the first at the target is\n  federated at any rate\n"
                               "and by strategy\n  federated at any rate\n"})
    BOOST_TEST((text.find(expected) != std::string::npos), expected);
}

BOOST_AUTO_TEST_CASE(advice_is_given_on_a_run_that_has_not_ended) {
  const test::temporary_directory directory;
  const auto advice_after = [&](const std::string& arm, std::uint32_t rounds) {
    test::write_sample_run(directory.path() / "run", test::three_arms());
    test::kill_sample_run(directory.path() / "run", arm, rounds);
    return advice_on(directory.path() / "run", {}, 0.0);
  };
  const auto says = [](const std::string& text, const std::string& expected) {
    BOOST_TEST((text.find(expected) != std::string::npos), text);
  };
  // The accuracy of federated is 0.87 (1 - 2^(-epoch / 2)), with one epoch per round: 0.8 takes
  // more than 7.
  const auto of_two = advice_after("federated", 3);
  says(of_two, "\nfederated (unfinished)  ");
  says(of_two, "\nlarge-batch  ");
  const auto of_none = advice_after("large-batch", 3);
  says(of_none, "\nlarge-batch (unfinished)  ");
  says(of_none, "\nfederated (not begun)  ");
  says(of_none, "No arm with devices has reached the target yet.\n");
  // Without a summary the target is that of run.toml.
  const auto of_nothing = advice_after("centralized", 10);
  says(of_nothing, "Time to 80 % accuracy");
  says(of_nothing, "\ncentralized (unfinished)  ");
}

BOOST_AUTO_TEST_CASE(there_is_no_advice_without_a_run_or_a_target) {
  const test::temporary_directory directory;
  BOOST_CHECK_THROW(advice_on(directory.path() / "none", {}, 0.0), bad_input);
  auto run = test::three_arms();
  run.target_accuracy.reset();
  test::write_sample_run(directory.path() / "run", run);
  BOOST_CHECK_EXCEPTION(
      advice_on(directory.path() / "run", {}, 0.0), bad_input, [](const bad_input& e) {
        return std::string{e.what()}.find("had no target_accuracy") != std::string::npos;
      });
}

BOOST_AUTO_TEST_SUITE_END()
