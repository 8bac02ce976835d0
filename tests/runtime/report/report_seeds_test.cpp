// The report of a run whose arms are trained with several seeds, and values of a sweep.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/sample_run.hpp"
#include "support/temporary_directory.hpp"
#include "verge/runtime/advice.hpp"
#include "verge/runtime/report.hpp"

namespace {

using namespace verge;
using nlohmann::json;
using test::read_file;
using test::temporary_directory;

/// The page of three_seeds().
struct drawn_page {
  temporary_directory directory;
  std::string page;

  explicit drawn_page(const report_options& options = {}) {
    test::write_sample_run(directory.path(), test::three_seeds());
    write_report({directory.path()}, options);
    page = read_file(directory / "report.html");
  }

  bool has(const std::string& text) const { return page.find(text) != std::string::npos; }
  std::string between(const std::string& open, const std::string& close) const {
    const auto first = page.find(open);
    BOOST_REQUIRE(first != std::string::npos);
    return page.substr(first, page.find(close, first) - first);
  }
  json arms() const {
    const auto data = between("id=\"run-data\">", "</script>");
    return json::parse(data.substr(data.find('>') + 1))["arms"];
  }
};

/// The sample's formula: the part of its limit that an arm has reached, and the oscillation of its
/// tests.
double share_reached(double epoch, double half_after) {
  return 1.0 - std::exp2(-epoch / half_after);
}
double wiggle(double epoch) {
  return 0.004 * std::sin(40.0 * epoch);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_of_several_seeds)

// The limits of the seeds are 0.01 apart, and 1, 2 and 3 have the mean 2 and the deviation 1.
BOOST_AUTO_TEST_CASE(each_arm_has_one_curve_of_means_with_the_deviation_of_its_seeds) {
  const drawn_page drawn;
  const auto arms = drawn.arms();
  BOOST_REQUIRE_EQUAL(arms.size(), 2u);
  BOOST_TEST(arms[0]["name"] == "large-batch");
  BOOST_TEST(arms[1]["name"] == "federated");
  BOOST_REQUIRE_EQUAL(arms[1]["accuracy"].size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) {
    const auto& point = arms[1]["accuracy"][i];
    const auto epoch = static_cast<double>(i + 1);
    BOOST_TEST(point[0].get<double>() == epoch);
    BOOST_TEST(point[1].get<double>() == epoch, boost::test_tools::tolerance(1e-12));
    // The means are of the learning rate 0.2, not of 0.05.
    BOOST_TEST(point[4].get<double>() == 0.86 * share_reached(epoch, 2.0) + wiggle(epoch),
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(point[6].get<double>() == 0.01 * share_reached(epoch, 2.0),
               boost::test_tools::tolerance(1e-9));
  }
  // Equal losses give a band of no width, without noise from rounding.
  BOOST_TEST(arms[0]["loss"][3][6].get<double>() == 0.0);
  BOOST_TEST(
      drawn.has("Lines are means over 3 seeds, bands one standard deviation to either side."));
}

BOOST_AUTO_TEST_CASE(a_run_of_one_seed_has_no_bands_and_no_word_of_them) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  write_report(directory.path());
  const auto page = read_file(directory / "report.html");
  BOOST_TEST(page.find("Lines are means") == std::string::npos);
  BOOST_TEST(page.find("Of several seeds") == std::string::npos);
  BOOST_TEST(page.find("What was tried") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(results_are_told_by_arm_with_mean_deviation_and_range) {
  const drawn_page drawn;
  const auto table = drawn.between("aria-label=\"Results of each arm\"", "</table>");
  const auto rows = [&](const std::string& text) { return table.find(text) != std::string::npos; };
  const double large = 89.0 * share_reached(4.0, 0.45) + 100.0 * wiggle(4.0);
  BOOST_TEST(rows(fmt::format("<td class=\"edge\">{:.2f} ± {:.2f} %</td>", large,
                              share_reached(4.0, 0.45))),
             table);
  BOOST_TEST(!rows("federated@1"));
  // With limits of 0.85, 0.86 and 0.87, 80 % is reached after 9, 8 and 8 epochs of one round each:
  // worked out below.
  std::vector<int> reached;
  for (const double ceiling : {0.85, 0.86, 0.87}) {
    int round = 1;
    while (ceiling * share_reached(round, 2.0) + wiggle(round) < 0.8) ++round;
    reached.push_back(round);
  }
  BOOST_TEST(rows(fmt::format("<td class=\"edge\">{}–{}</td>", reached[2], reached[0])), table);
  BOOST_TEST(
      drawn.has(fmt::format("with learning_rate = 0.2, the best of 2 tries, reached 80\u00a0% "
                            "after {}–{} rounds",
                            reached[2], reached[0])));
  BOOST_TEST(drawn.has("2 arms trained the model"));
  BOOST_TEST(drawn.has("with seeds 1, 2 and 3."));
}

BOOST_AUTO_TEST_CASE(all_tries_stand_in_a_table_with_the_chosen_one_and_what_that_choice_is_worth) {
  const drawn_page drawn;
  const auto section = drawn.between("id=\"tries-title\"", "</section>");
  const auto row = [&](const std::string& tried) {
    const auto at = section.find(tried);
    BOOST_REQUIRE(at != std::string::npos);
    return section.substr(at, section.find("</tr>", at) - at);
  };
  const auto mean = [](double ceiling) {
    return fmt::format("<td>{:.2f} %</td>",
                       100.0 * (ceiling * share_reached(12.0, 2.0) + wiggle(12.0)));
  };
  BOOST_TEST(row("learning_rate = 0.05").find(mean(0.82)) != std::string::npos, section);
  BOOST_TEST(row("learning_rate = 0.05").find("yes") == std::string::npos);
  BOOST_TEST(row("learning_rate = 0.2").find(mean(0.86)) != std::string::npos, section);
  BOOST_TEST(row("learning_rate = 0.2").find("yes") != std::string::npos);
  BOOST_TEST(row("as it is").find("yes") != std::string::npos);
  BOOST_TEST(
      section.find("The arms had different numbers of tries: large-batch 1 and federated 2.") !=
      std::string::npos);
  BOOST_TEST(section.find("chosen on the test set") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_arms_differ_in_has_the_chosen_value) {
  const drawn_page drawn;
  BOOST_TEST(drawn.has("learning rate 0.2"));  // the same in all that have it: the other says none
  BOOST_TEST(!drawn.has("learning rate 0.05"));
}

// The report of a run that was killed in the trainings of its third seed.
BOOST_AUTO_TEST_CASE(a_training_that_is_unfinished_is_told_and_does_not_count) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_seeds());
  const auto file = directory / "summary.json";
  auto summary = json::parse(read_file(file));
  json ended = json::array();
  for (const auto& arm : summary["arms"])
    if (arm["seed"] < 3) ended.push_back(arm);
  summary["arms"] = ended;
  test::write_file(file, summary.dump());
  write_report(directory.path());
  const auto page = read_file(directory / "report.html");
  BOOST_TEST(page.find("federated (1 of 3 unfinished)") != std::string::npos);
  BOOST_TEST(page.find("Of 9 trainings 6 have ended and 3 are unfinished") != std::string::npos);
  const auto mean = 100.0 * (0.855 * share_reached(12.0, 2.0) + wiggle(12.0));
  BOOST_TEST(page.find(fmt::format("<td class=\"edge\">{:.2f} ± {:.2f} %</td>", mean,
                                   std::sqrt(0.5) * share_reached(12.0, 2.0))) !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(advice_is_of_the_mean_costs_of_the_chosen_try) {
  const drawn_page drawn;
  const auto summary = read_summary(drawn.directory / "summary.json");
  const auto costs = costs_to_target(summary, read_ledger(drawn.directory / "ledger.jsonl"));
  BOOST_REQUIRE_EQUAL(costs.size(), 2u);
  BOOST_TEST(costs[1].arm == "federated");
  double rounds = 0.0;
  for (const auto& arm : summary.arms)
    if (arm.arm == "federated" && arm.tried[0].value == "0.2")
      rounds += *arm.rounds_to_target / 3.0;
  BOOST_TEST(costs[1].rounds == rounds, boost::test_tools::tolerance(1e-12));
  // Every device of a cohort of ten sends its tenth.
  BOOST_TEST(costs[1].bytes_up > 1'600'000.0 * rounds);
  BOOST_TEST(costs[1].bytes_up < 1'900'000.0 * rounds);
  const auto text = advice_on(drawn.directory.path(), {}, usual_latency);
  BOOST_TEST(text.find("\nfederated ") != std::string::npos, text);
  BOOST_TEST(text.find("federated@") == std::string::npos, text);
  BOOST_TEST(text.find("an arm that missed the target with one of them has none") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(figure_files_have_a_band_behind_each_curve) {
  if (std::system("command -v gnuplot > /dev/null 2>&1") != 0) {
    BOOST_TEST_MESSAGE("skipped: gnuplot is not installed");
    return;
  }
  const drawn_page drawn(report_options{{}, figure_format::svg});
  const auto svg = read_file(drawn.directory / "figures/accuracy-by-epoch.svg");
  std::size_t bands = 0;
  for (auto at = svg.find("fill-opacity"); at != std::string::npos;
       at = svg.find("fill-opacity", at + 1))
    ++bands;
  BOOST_TEST(bands == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
