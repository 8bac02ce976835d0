// The report of one run. This file is long, because each part is tested with a good run and with
// unusual ones.

#include "verge/runtime/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "runtime/report/figures/curves.hpp"
#include "runtime/report/lost_updates.hpp"
#include "runtime/report/units.hpp"
#include "runtime/sample_run.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

namespace {

using namespace verge;
using nlohmann::json;
namespace fs = std::filesystem;

using test::read_file;
using test::temporary_directory;

std::string report_of(const test::sample_run& run) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), run);
  write_report(directory.path());
  return read_file(directory / "report.html");
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

std::string between(const std::string& page, const std::string& open, const std::string& close) {
  const auto first = page.find(open);
  BOOST_REQUIRE(first != std::string::npos);
  const auto last = page.find(close, first + open.size());
  BOOST_REQUIRE(last != std::string::npos);
  return page.substr(first + open.size(), last - first - open.size());
}

json data_of(const std::string& page) {
  return json::parse(between(page, "id=\"run-data\">", "</script>"));
}

/// The text of a table row's cells, without the small text below it.
std::vector<std::string> cells_of_row(const std::string& table, const std::string& arm) {
  const auto row = between(table, "<th scope=\"row\"><span>" + arm, "</tr>");
  static const std::regex cell("<td[^>]*>([^<]*)(?:<br><small>.*?</small>)?</td>");
  std::vector<std::string> cells;
  for (std::sregex_iterator i(row.begin(), row.end(), cell), end; i != end; ++i) {
    cells.push_back((*i)[1]);
  }
  return cells;
}

std::size_t count_of(const std::string& page, const std::string& text) {
  std::size_t count = 0;
  for (auto at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

test::sample_run one_arm(test::sample_arm arm) {
  test::sample_run run;
  run.arms = {std::move(arm)};
  return run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(accuracy_points_are_the_evaluated_rounds_with_all_bytes_sent_so_far) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  write_report(directory.path());
  const auto data = data_of(read_file(directory / "report.html"));

  std::map<std::string, std::uint64_t> sent_up, sent_down;
  std::map<std::string, std::vector<json>> expected;
  std::ifstream ledger(directory / "ledger.jsonl");
  for (std::string text; std::getline(ledger, text);) {
    const auto line = json::parse(text);
    const auto up = sent_up[line["arm"]] += line["bytes_up"].get<std::uint64_t>();
    const auto down = sent_down[line["arm"]] += line["bytes_down"].get<std::uint64_t>();
    if (line["accuracy"].is_null()) continue;
    expected[line["arm"]].push_back({line["round"], line["epoch"], up, down, line["accuracy"]});
  }
  BOOST_REQUIRE_EQUAL(data["arms"].size(), 3);
  for (const auto& arm : data["arms"]) {
    const auto& points = expected[arm["name"]];
    BOOST_REQUIRE_EQUAL(arm["accuracy"].size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (int column = 0; column < 5; ++column) {
        BOOST_TEST(arm["accuracy"][i][column].get<double>() == points[i][column].get<double>());
      }
    }
  }
  BOOST_REQUIRE_EQUAL(data["targets"].size(), 1);
  BOOST_TEST(data["targets"][0]["accuracy"].get<double>() == 0.8);
  BOOST_TEST(data["targets"][0]["label"] == "target 80 %");
}

BOOST_AUTO_TEST_CASE(what_is_the_same_in_all_arms_is_said_once_and_has_no_column) {
  auto run = test::three_arms();
  run.model = "resnet18";
  for (auto& arm : run.arms) arm.norm = "group";
  auto section = between(report_of(run), "id=\"arms-title\"", "</section>");
  BOOST_TEST(has(section,
                 "The same in all arms that have it: norm group, codec up none and codec "
                 "down model."));
  BOOST_TEST(count_of(section, "<th scope=\"col\" class=\"text\">") == 1);  // strategy
  run.arms[1].norm = "batch";
  run.arms[2].norm = "none";
  run.arms[2].codec_up = "int8";
  section = between(report_of(run), "id=\"arms-title\"", "</section>");
  BOOST_TEST(has(section, "The same in all arms that have it: codec down model."));
  using row = std::vector<std::string>;
  BOOST_TEST(cells_of_row(section, "centralized") == (row{"centralized", "group", "–"}),
             boost::test_tools::per_element());
  BOOST_TEST(cells_of_row(section, "large-batch") == (row{"large batch", "batch", "none"}),
             boost::test_tools::per_element());
  BOOST_TEST(cells_of_row(section, "federated") == (row{"federated", "none", "int8"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(settings_of_arms_are_those_of_run_toml_in_words) {
  auto run = test::three_arms();
  run.arms[1].settings = "batch_size = 16\nlearning_rate = 0.4\ncohort = 3\n";
  run.arms[2].settings =
      "batch_size = 32\nlearning_rate = 0.1\ncohort = 0\nlocal_steps = 5\nserver_rule = \"adam\"\n"
      "proximal = 0.0\n";
  const auto section = between(report_of(run), "id=\"arms-title\"", "</section>");
  BOOST_TEST(has(section, "server rule adam, proximal none and local work 5 steps."));
  using row = std::vector<std::string>;
  BOOST_TEST(cells_of_row(section, "centralized") == (row{"centralized", "–", "–", "–"}),
             boost::test_tools::per_element());
  BOOST_TEST(cells_of_row(section, "large-batch") == (row{"large batch", "3 of 10", "16", "0.4"}),
             boost::test_tools::per_element());
  BOOST_TEST(cells_of_row(section, "federated") == (row{"federated", "all 10", "32", "0.1"}),
             boost::test_tools::per_element());
  run.arms.resize(1);
  BOOST_TEST(!has(report_of(run), "arms-title"));
}

BOOST_AUTO_TEST_CASE(modelled_time_has_a_figure_only_where_it_is_modelled) {
  const auto without = report_of(test::three_arms());
  BOOST_TEST(!has(without, "id=\"accuracy-by-time\""));
  BOOST_TEST(has(without, "Figure 6. Training loss"));
  const auto page = report_of(test::arms_with_codecs());
  BOOST_TEST(has(page, "id=\"accuracy-by-time\""));
  BOOST_TEST(has(page, "Figure 6. Accuracy by modelled time."));
  BOOST_TEST(has(page, "Figure 7. Training loss"));
  const auto data = data_of(page);
  BOOST_TEST(data["arms"][0]["accuracy"].back()[5].get<double>() == 1875 * 0.03125);
}

BOOST_AUTO_TEST_CASE(advice_names_the_first_over_each_link_but_never_the_centralized_arm) {
  const auto page = report_of(test::arms_with_codecs());
  const auto section = between(page, "id=\"advice-title\"", "</section>");
  BOOST_TEST(has(section, "global-fixed"));
  BOOST_TEST(count_of(between(section, "<span>centralized", "</tr>"), "<b>") == 0u);
  BOOST_TEST(count_of(section, "<td><b>") == 5u);
  auto aimless = test::three_arms();
  aimless.target_accuracy.reset();
  BOOST_TEST(!has(report_of(aimless), "id=\"advice-title\""));
}

// Means of neighbours on a straight line lie on that line, whatever the bins.
BOOST_AUTO_TEST_CASE(a_long_curve_is_thinned_to_means_of_neighbours_from_end_to_end) {
  for (const std::uint32_t rounds : {501u, 733u, 2345u}) {
    const test::sample_arm arm{"long", "large_batch", rounds, 3.0, 1, 100, 200, 0.9, 0.5, 0};
    const auto page = report_of(one_arm(arm));
    const auto loss = data_of(page)["arms"][0]["loss"];
    BOOST_TEST(loss.size() == report::most_points);
    const double bin = std::ceil(static_cast<double>(rounds) / report::most_points);
    double before = 0.0;
    for (const auto& point : loss) {
      const double round = point[0];
      BOOST_TEST(round > before);
      BOOST_TEST(round - before <= bin);
      BOOST_TEST(point[1].get<double>() * rounds / 3.0 == round,
                 boost::test_tools::tolerance(1e-9));
      BOOST_TEST(point[2].get<double>() == 100.0 * round, boost::test_tools::tolerance(1e-9));
      BOOST_TEST(point[3].get<double>() == 200.0 * round, boost::test_tools::tolerance(1e-9));
      BOOST_TEST(point[4].get<double>() == test::sample_loss(arm, round),
                 boost::test_tools::tolerance(1e-9));
      before = round;
    }
    BOOST_TEST(rounds - before <= bin / 2.0);
    BOOST_TEST(has(between(page, "Figure 6.", "</figcaption>"), "Thinned to 500 points"));
    BOOST_TEST(has(between(page, "Figure 1.", "</figcaption>"), "Thinned to 500 points"));
  }
}

BOOST_AUTO_TEST_CASE(a_short_curve_is_left_as_it_is_and_not_called_thinned) {
  const test::sample_arm arm{"short", "large_batch", 500, 3.0, 7, 100, 200, 0.9, 0.5, 0};
  const auto page = report_of(one_arm(arm));
  BOOST_TEST(data_of(page)["arms"][0]["loss"].size() == 500);
  BOOST_TEST(!has(page, "Thinned"));
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_no_number_leaves_a_gap_that_is_counted) {
  std::vector<ledger_line> ledger(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    ledger[i].arm = std::string(1, 'a');
    ledger[i].round.round = round_id{i + 1};
    ledger[i].round.train_loss = i == 1 ? std::numeric_limits<double>::quiet_NaN() : 1.5;
    ledger[i].accuracy = 0.25 * i;
  }
  const auto arms = report::curves_of(ledger, {});
  BOOST_REQUIRE_EQUAL(arms.size(), 1);
  BOOST_TEST(arms[0].loss.size() == 2);
  BOOST_TEST(arms[0].accuracy.size() == 3);
  BOOST_TEST(arms[0].rounds_without_loss == 1);
}

BOOST_AUTO_TEST_CASE(texts_of_users_stay_texts) {
  const std::string nasty = "</script><b onclick=\"x\">&'{{style}}";
  auto run = one_arm({nasty, "large_batch", 4, 1.0, 1, 10, 10, 0.9, 0.5, 2});
  run.name = run.model = run.arms[0].norm = run.arms[0].codec_up = run.arms[0].codec_down = nasty;
  const auto page = report_of(run);
  BOOST_TEST(!has(page, "<b onclick"));
  BOOST_TEST(count_of(page, "</script>") == 3);
  BOOST_TEST(has(page, "&lt;/script&gt;&lt;b onclick=&quot;x&quot;&gt;&amp;&#39;{{style}}"));
  BOOST_TEST(data_of(page)["arms"][0]["name"] == nasty);
}

BOOST_AUTO_TEST_CASE(the_results_table_shows_a_line_an_arm_with_units) {
  const auto page =
      report_of(one_arm({"lb", "large_batch", 40, 4.0, 1, 500'000, 1'250'000, 0.9, 0.1, 0}));
  double reached = 0.0;
  double best = 0.0;
  double last = 0.0;
  const auto data = data_of(page);
  for (const auto& point : data["arms"][0]["accuracy"]) {
    last = point[4];
    best = std::max(best, last);
    if (reached == 0.0 && last >= 0.8) reached = point[0];
  }
  BOOST_REQUIRE(reached > 1.0);
  const std::vector<std::string> expected{fmt::format("{:.0f}", reached),
                                          fmt::format("{:.2f}", reached / 10.0),
                                          fmt::format("{:.1f} MB", 0.5 * reached),
                                          fmt::format("{:.1f} MB", 1.25 * reached),
                                          fmt::format("{:.2f} %", 100.0 * last),
                                          fmt::format("{:.2f} %", 100.0 * best),
                                          "40",
                                          "4.00",
                                          "20.0 MB",
                                          "50.0 MB",
                                          "2.00 s"};
  BOOST_TEST(cells_of_row(page, "lb") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_target_not_reached_is_told_from_no_target) {
  auto run = one_arm({"slow", "federated", 5, 5.0, 1, 10, 10, 0.5, 1.0, 0});
  auto page = report_of(run);
  BOOST_TEST(cells_of_row(page, "slow")[0] == "not reached");
  BOOST_TEST(has(page, "<b>slow</b> did not reach 80\u00a0%; it ended at"));
  run.target_accuracy.reset();
  page = report_of(run);
  BOOST_TEST(cells_of_row(page, "slow")[0] == "–");
  BOOST_TEST(data_of(page)["targets"].empty());
  BOOST_TEST(!has(page, "reach 80"));
}

std::string report_of_killed(const std::string& arm, std::uint32_t rounds) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  test::kill_sample_run(directory.path(), arm, rounds);
  write_report(directory.path());
  return read_file(directory / "report.html");
}

BOOST_AUTO_TEST_CASE(an_arm_that_did_not_end_has_its_curve_and_says_so) {
  // large-batch has 188 rounds of 4 epochs, an evaluation in every fourth, 16,872,440 bytes up in
  // each.
  const auto page = report_of_killed("large-batch", 94);
  BOOST_TEST(has(page, "3 arms train the model cnn"));
  BOOST_TEST(has(page,
                 " Of them 1 has ended, 1 is unfinished (under way, or killed) and 1 has not "
                 "begun."));
  const auto arms = data_of(page)["arms"];
  BOOST_REQUIRE(arms.size() == 3u);
  BOOST_TEST(arms[0]["name"] == "centralized");
  BOOST_TEST(arms[1]["name"] == "large-batch (unfinished)");
  BOOST_TEST(arms[1]["loss"].size() == 94u);
  BOOST_TEST(arms[1]["accuracy"].size() == 23u);  // 92 / 4
  BOOST_TEST(arms[2]["loss"].empty());
  BOOST_TEST(has(page, "<span>large-batch</span> <span class=\"flag\">unfinished</span>"));
  BOOST_TEST(has(page, "<span>federated</span> <span class=\"flag\">not begun</span>"));
  const auto cells = cells_of_row(page, "large-batch");
  const auto count = cells.size();
  BOOST_REQUIRE(count >= 5u);
  BOOST_TEST(cells[count - 5] == "94");
  BOOST_TEST(cells[count - 4] == "2.00");
  BOOST_TEST(cells[count - 3] == "1.6 GB");
  // One sentence per arm, without words on an end that did not take place.
  BOOST_TEST(has(page, ", unfinished after 94 rounds: under way, or killed.</li>"));
  BOOST_TEST(has(page, "<li><b>federated</b> has not begun.</li>"));
  BOOST_TEST(has(page, " large-batch (unfinished) is at "));
  BOOST_TEST(!has(page, "large-batch (unfinished) ends"));
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_in_its_first_arm_has_a_report) {
  const auto page = report_of_killed("centralized", 300);
  BOOST_TEST(has(page,
                 ", with seed 7. Of them 1 is unfinished (under way, or killed) and 2 have not "
                 "begun. The target is 80 %"));
  BOOST_TEST(data_of(page)["targets"][0]["accuracy"] == 0.8);
  BOOST_TEST(data_of(page)["arms"][0]["name"] == "centralized (unfinished)");
  BOOST_TEST(data_of(page)["arms"][0]["loss"].size() == 300u);
  BOOST_TEST(has(page, "<b>centralized</b> "));
}

BOOST_AUTO_TEST_CASE(a_run_before_its_first_round_has_a_report) {
  const auto page = report_of_killed("centralized", 0);
  BOOST_TEST(has(page, " Of them 3 have not begun."));
  BOOST_TEST(has(page, "<li><b>centralized</b> has not begun.</li>"));
  BOOST_TEST(cells_of_row(page, "centralized")[0] == "–");
}

BOOST_AUTO_TEST_CASE(an_arm_that_has_failed_is_told_with_its_reason) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  auto summary = json::parse(read_file(directory / "summary.json"));
  summary["arms"][2]["status"] = "failed";
  summary["arms"][2]["failure"] = "round 13: the model has diverged: <fc.weight>";
  summary["arms"][2]["model_sha256"] = nullptr;
  std::ofstream(directory / "summary.json") << summary;
  write_report(directory.path());
  const auto page = read_file(directory / "report.html");
  BOOST_TEST(has(page, "3 arms trained the model cnn"));
  BOOST_TEST(has(page, " Of them 2 have ended and 1 has failed."));
  BOOST_TEST(has(page,
                 ", and failed after 12 rounds: round 13: the model has diverged: "
                 "&lt;fc.weight&gt;.</li>"));
  BOOST_TEST(has(page, "<span>federated</span> <span class=\"flag\">failed</span>"));
  BOOST_TEST(data_of(page)["arms"][2]["name"] == "federated (failed)");
}

BOOST_AUTO_TEST_CASE(rounds_that_missed_their_quorum_are_told) {
  std::vector<report::run_record> runs(1);
  runs[0].ledger.resize(3);
  for (auto& line : runs[0].ledger) {
    line.round.cohort = 3;
    line.round.lost = 3;
  }
  runs[0].ledger[2].round.lost = 1;
  runs[0].ledger[2].round.used = 2;
  const auto section = report::lost_updates_section(runs);
  BOOST_TEST(has(section,
                 "3 of 3 rounds lost an update. 2 missed their quorum, and nothing of them "
                 "is in the model."));
}

BOOST_AUTO_TEST_CASE(arms_that_sent_nothing_are_named_under_the_figure_by_bytes) {
  auto run = test::three_arms();
  const std::string note = "nothing was sent over a link: centralized.";
  BOOST_TEST(has(between(report_of(run), "Figure 3.", "</figcaption>"), note));
  run.arms.erase(run.arms.begin());
  BOOST_TEST(!has(report_of(run), "nothing was sent"));
}

BOOST_AUTO_TEST_CASE(an_arm_that_sent_one_way_only_is_left_out_of_the_figure_of_the_other) {
  const auto page = report_of(one_arm({"deaf", "large_batch", 5, 1.0, 1, 10, 0, 0.9, 0.5, 0}));
  BOOST_TEST(has(between(page, "Figure 5.", "</figcaption>"),
                 "nothing was sent down to the devices: deaf."));
  BOOST_TEST(count_of(page, "nothing was sent") == 1);
}

BOOST_AUTO_TEST_CASE(an_arm_with_codecs_is_held_against_the_one_of_its_strategy_without) {
  auto run = one_arm({"plain", "large_batch", 40, 4.0, 1, 4'000'000, 6'000'000, 0.9, 0.5, 0});
  BOOST_TEST(!has(report_of(run), "What codecs save"));
  // Half as many rounds make no difference, because bytes per update are compared.
  run.arms.push_back({"packed", "large_batch", 20, 4.0, 1, 40'000, 160'000, 0.8, 0.5, 0,
                      "stc(0.01)", "stc(0.02)"});
  run.arms.push_back({"alone", "federated", 20, 2.0, 1, 40'000, 160'000, 0.9, 0.5, 0, "int8"});
  const auto page = report_of(run);
  const auto section = between(page, "id=\"codecs-title\"", "</section>");
  std::map<std::string, double> best;
  const auto data = data_of(page);
  for (const auto& arm : data["arms"])
    for (const auto& point : arm["accuracy"])
      best[arm["name"]] = std::max(best[arm["name"]], point[4].get<double>());
  const std::vector<std::string> expected{
      "stc(0.01)", "stc(0.02)",
      "4.0 kB",    "16.0 kB",
      "50.0 ×",    "100 ×",
      "37.5 ×",    fmt::format("−{:.2f}", 100.0 * (best["plain"] - best["packed"]))};
  BOOST_TEST(cells_of_row(section, "packed") == expected, boost::test_tools::per_element());
  BOOST_TEST(cells_of_row(section, "plain")[4] == "the others are held against this");
  BOOST_TEST(cells_of_row(section, "alone")[4] == "nothing to hold it against");
}

// Of 20 rounds, 4 used only 4 of 10 updates: 176 updates in all, so the bytes per update grow by
// 200 / 176.
BOOST_AUTO_TEST_CASE(bytes_of_updates_that_did_not_count_are_held_against_an_arm) {
  auto run = one_arm({"plain", "large_batch", 40, 4.0, 1, 4'000'000, 6'000'000, 0.9, 0.5, 0});
  run.arms.push_back(
      {"lossy", "large_batch", 20, 2.0, 1, 40'000, 160'000, 0.9, 0.5, 5, "stc(0.01)", "stc(0.01)"});
  BOOST_TEST(has(report_of(run), "<td>44.0 ×</td><td>88.0 ×</td><td>33.0 ×</td>"));
}

BOOST_AUTO_TEST_CASE(an_arm_is_held_against_the_first_of_its_strategy_that_sent_something) {
  auto run = one_arm({"silent", "federated", 10, 1.0, 1, 0, 0, 0.9, 0.5, 0});
  run.arms.push_back({"other", "large_batch", 10, 1.0, 1, 700'000, 0, 0.9, 0.5, 0});
  run.arms.push_back({"first", "federated", 10, 1.0, 1, 200'000, 0, 0.9, 0.5, 0});
  run.arms.push_back({"second", "federated", 10, 1.0, 1, 900'000, 0, 0.9, 0.5, 0});
  run.arms.push_back({"packed", "federated", 10, 1.0, 1, 1'000, 0, 0.9, 0.5, 0, "sign"});
  const auto section = between(report_of(run), "id=\"codecs-title\"", "</section>");
  const auto cells = cells_of_row(section, "packed");
  BOOST_TEST(cells[4] == "200 ×");
  BOOST_TEST(cells[5] == "200 ×");
  BOOST_TEST(cells[6] == "–");
  BOOST_TEST(cells[7] == "0.00");
  BOOST_TEST(!has(section, "silent"));
}

BOOST_AUTO_TEST_CASE(captions_say_which_bytes_are_counted) {
  const auto page = report_of(test::three_arms());
  const auto sum = between(page, "Figure 3. Accuracy by bytes sent.", "</figcaption>");
  const auto up = between(page, "Figure 4. Accuracy by bytes up.", "</figcaption>");
  const auto down = between(page, "Figure 5. Accuracy by bytes down.", "</figcaption>");
  for (const auto& caption : {sum, up, down}) {
    BOOST_TEST(has(std::regex_replace(caption, std::regex("\\s+"), " "),
                   "encoded messages with their framing, of all devices and all rounds so far"));
  }
  BOOST_TEST(has(up, "From the devices to the server"));
  BOOST_TEST(has(down, "From the server to the devices"));
  BOOST_TEST(has(up, "nothing was sent up to the server: centralized."));
  BOOST_TEST(has(down, "nothing was sent down to the devices: centralized."));
}

BOOST_AUTO_TEST_CASE(rounds_that_lost_updates_are_listed_up_to_a_limit) {
  test::sample_arm arm{"lossy", "large_batch", 30, 1.0, 5, 10, 10, 0.9, 0.5, 10};
  const auto title = "Rounds that lost updates</h2>";
  auto section = between(report_of(one_arm(arm)), title, "</section>");
  BOOST_TEST(count_of(section, "<th scope=\"row\"><span>lossy") == 3);
  BOOST_TEST(has(section, "<td>20</td><td>10</td><td>4</td><td>1</td><td>2</td><td>3</td>"));
  BOOST_TEST(has(section, "3 of 30 rounds"));
  arm.rounds = 450;
  arm.losses_every = 2;
  section = between(report_of(one_arm(arm)), title, "</section>");
  BOOST_TEST(count_of(section, "<th scope=\"row\"><span>lossy") == 200);
  BOOST_TEST(has(section, "225 of 450 rounds"));
  BOOST_TEST(has(section, "The first 200 are shown"));
  arm.losses_every = 0;
  BOOST_TEST(!has(report_of(one_arm(arm)), title));
}

BOOST_AUTO_TEST_CASE(each_kind_of_loss_alone_is_listed) {
  for (const auto kind : {&round_result::late, &round_result::lost, &round_result::refused}) {
    std::vector<report::run_record> runs(1);
    runs[0].ledger.resize(1);
    BOOST_TEST(report::lost_updates_section(runs).empty());
    runs[0].ledger[0].round.*kind = 1;
    BOOST_TEST(has(report::lost_updates_section(runs), "1 of 1 rounds"));
  }
}

BOOST_AUTO_TEST_CASE(who_holds_what_is_a_map_of_devices_and_labels) {
  auto run = test::three_arms();
  run.held = {{1200, 0, 30}, {0, 0, 600}, {1, 2, 3}};
  const auto section = between(report_of(run), "Who holds what</h2>", "</section>");
  BOOST_TEST(
      has(section,
          "1,836 training samples on 3 devices, partition labels(3). The smallest shard has 6, "
          "the median 600, the largest 1,230 samples."));
  BOOST_TEST(
      has(section, "<span aria-hidden=\"true\"></span> 1,200 samples of a label on a device"));
  BOOST_TEST(has(section, "colspan=\"3\" class=\"group\">samples of label</th>"));
  BOOST_TEST(has(section,
                 "<th scope=\"col\">0</th><th scope=\"col\">1</th><th scope=\"col\">2</th></tr>"));
  BOOST_TEST(has(section,
                 "<tr><th scope=\"row\">0</th><td style=\"--heat: 1.000\">1,200</td>"
                 "<td class=\"none\">0</td><td style=\"--heat: 0.025\">30</td>"
                 "<td class=\"edge\">1,230</td></tr>"));
  BOOST_TEST(has(section,
                 "<th scope=\"row\">all devices</th><td>1,201</td><td>2</td><td>633</td>"
                 "<td class=\"edge\">1,836</td></tr>"));
  BOOST_TEST(count_of(section, "<th scope=\"row\">") == 4);
  BOOST_TEST(!has(section, "are shown"));
}

BOOST_AUTO_TEST_CASE(what_a_test_says_of_labels_and_devices_is_a_table_and_a_curve) {
  auto run = test::three_arms();
  BOOST_TEST(!has(report_of(run), "<figure id=\"lowest-device"));
  BOOST_TEST(!has(report_of(run), "label-accuracy-title"));
  for (auto& arm : run.arms) arm.label_spread = arm.name == "centralized" ? 0.0 : 0.27;
  const auto page = report_of(run);
  const auto section = between(page, "id=\"label-accuracy-title\"", "</section>");
  const auto arms = data_of(page)["arms"];
  const double last = arms[2]["accuracy"].back()[4];
  const auto cells = cells_of_row(section, "federated");
  BOOST_REQUIRE(cells.size() == 13u);
  // Every label is 0.03 less accurate than the one before. The devices' lowest, median and highest
  // follow.
  for (std::size_t label = 0; label < 10; ++label)
    BOOST_TEST(cells[label] ==
               fmt::format("{:.1f}", 100 * (last - 0.03 * static_cast<double>(label))));
  BOOST_TEST(cells[10] == fmt::format("{:.1f}", 100 * (last - 0.27)));
  BOOST_TEST(cells[12] == fmt::format("{:.1f}", 100 * last));
  BOOST_TEST(!has(section, "centralized"));
  const auto curve = arms[2]["lowest_device"];
  BOOST_TEST(curve.size() == arms[2]["accuracy"].size());
  BOOST_TEST(curve.back()[4].get<double>() == last - 0.27, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(arms[0]["lowest_device"].empty());
  BOOST_TEST(has(page, "Figure 7. The least accurate device by epoch."));
}

BOOST_AUTO_TEST_CASE(of_many_devices_the_first_50_are_shown) {
  auto run = test::three_arms();
  run.held.assign(50, {7, 8});
  BOOST_TEST(!has(report_of(run), "are shown"));
  run.held.push_back({900, 1});
  const auto section = between(report_of(run), "Who holds what</h2>", "</section>");
  BOOST_TEST(count_of(section, "<th scope=\"row\">") == 51);  // and all devices
  BOOST_TEST(has(section, "Of 51 devices the first 50 are shown; partition.json has all."));
  BOOST_TEST(has(section, "the largest 901 samples"));
  BOOST_TEST(has(section, "<td style=\"--heat: 1.000\">8</td>"));  // of what is shown
}

BOOST_AUTO_TEST_CASE(a_run_that_does_not_say_who_holds_what_has_no_map) {
  auto run = test::three_arms();
  run.held.clear();
  BOOST_TEST(!has(report_of(run), "Who holds what"));
}

BOOST_AUTO_TEST_CASE(a_partition_that_cannot_be_read_is_refused_with_its_file) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  std::ofstream(directory / "partition.json") << "{\"partition\": 3}";
  BOOST_CHECK_EXCEPTION(write_report(directory.path()), bad_input, [&](const bad_input& e) {
    return has(e.what(), "partition.json: \"partition\" = 3: expected a text");
  });
}

BOOST_AUTO_TEST_CASE(a_page_refers_to_nothing_outside_itself) {
  const auto page = report_of(test::three_arms());
  static const std::regex reference("<[^>]*\\b(src|href|srcset|action|data)=\"([^\"]*)\"");
  // The library is script, not markup: a browser loads only from what is before the first script.
  const auto markup = page.substr(0, page.find("<script"));
  for (std::sregex_iterator i(markup.begin(), markup.end(), reference), end; i != end; ++i) {
    BOOST_TEST((*i)[2].str() == "data:,");
  }
  BOOST_TEST(!has(markup, "url("));
  BOOST_TEST(!has(markup, "@import"));
  BOOST_TEST(has(markup, "default-src 'none'"));
  BOOST_TEST(has(page, "Chart.js v3.9"));
  BOOST_TEST(!has(page, "sourceMappingURL"));
}

BOOST_AUTO_TEST_CASE(drawing_again_gives_the_same_bytes) {
  BOOST_TEST(report_of(test::three_arms()) == report_of(test::three_arms()));
}

BOOST_AUTO_TEST_CASE(a_directory_that_lacks_a_file_is_refused_with_the_files_name) {
  for (const char* file : {"run.toml", "ledger.jsonl"}) {
    temporary_directory directory;
    test::write_sample_run(directory.path(), test::three_arms());
    fs::remove(directory / file);
    BOOST_CHECK_EXCEPTION(write_report(directory.path()), bad_input, [&](const bad_input& e) {
      return has(e.what(), std::string("there is no ") + file) &&
             has(e.what(), directory.path().string());
    });
    BOOST_TEST(!fs::exists(directory / "report.html"));
  }
  BOOST_CHECK_THROW(write_report("/nonexistent/run"), bad_input);
}

BOOST_AUTO_TEST_CASE(settings_that_are_no_toml_are_refused_with_file_and_line) {
  temporary_directory directory;
  test::write_sample_run(directory.path(), test::three_arms());
  std::ofstream(directory / "run.toml") << "name = \"a\"\nseed = = 2\n";
  BOOST_CHECK_EXCEPTION(write_report(directory.path()), bad_input, [&](const bad_input& e) {
    return has(e.what(), "run.toml:2: ") && !has(e.what(), "\n");
  });
}

BOOST_AUTO_TEST_CASE(times_and_numbers_are_told_as_people_do) {
  BOOST_TEST(report::seconds_text(0.424) == "0.42 s");
  BOOST_TEST(report::seconds_text(9.999) == "10.0 s");
  BOOST_TEST(report::seconds_text(59.97) == "1 min 00 s");
  BOOST_TEST(report::seconds_text(245.4) == "4 min 05 s");
  BOOST_TEST(report::seconds_text(7'380.0) == "2 h 03 min");
  BOOST_TEST(report::count_text(1'234'567) == "1,234,567");
  BOOST_TEST(report::count_text(123) == "123");
  BOOST_TEST(report::percent_text(0.8) == "80 %");
  BOOST_TEST(report::times_text(0.98) == "0.98 ×");
  BOOST_TEST(report::times_text(9.996) == "10.0 ×");
  BOOST_TEST(report::times_text(99.96) == "100 ×");
  BOOST_TEST(report::times_text(1234.4) == "1,234 ×");
  BOOST_TEST(report::decimal_text(10.0) == "10");
  BOOST_TEST(report::decimal_text(2.345, 2) == "2.35");
}
