// Several runs in one page: the names of runs and arms, the texts on each, and what is refused.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/report/curve_style.hpp"
#include "runtime/report/run_record.hpp"
#include "runtime/sample_run.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/report.hpp"

namespace {

using namespace verge;
using nlohmann::json;
namespace fs = std::filesystem;
using test::read_file;

/// Two runs of one name in folders of one name, and one of another name with another target.
struct three_runs {
  test::temporary_directory place;
  std::vector<fs::path> directories{place / "monday/run", place / "friday/run", place / "codecs"};

  three_runs() {
    test::write_sample_run(directories[0], test::three_arms());
    auto friday = test::three_arms();
    friday.held.clear();
    test::write_sample_run(directories[1], friday);
    auto codecs = test::arms_with_codecs();
    codecs.target_accuracy = 0.7;
    test::write_sample_run(directories[2], codecs);
  }

  fs::path page() const { return place / "page.html"; }
  std::string draw() const {
    write_report(directories, {page(), {}});
    return read_file(page());
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string between(const std::string& page, const std::string& open, const std::string& close) {
  const auto first = page.find(open);
  BOOST_REQUIRE_MESSAGE(first != std::string::npos, "there is no " << open);
  const auto last = page.find(close, first + open.size());
  BOOST_REQUIRE(last != std::string::npos);
  return page.substr(first + open.size(), last - first - open.size());
}

json data_of(const std::string& page) {
  return json::parse(between(page, "id=\"run-data\">", "</script>"));
}

/// True where `parts` occur one after another.
bool in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t at = 0;
  for (const auto& part : parts) {
    at = text.find(part, at);
    if (at == std::string::npos) return false;
    at += part.size();
  }
  return true;
}

/// Checks that the error has the text `expected`, and that there is no page.
void require_refused(const std::vector<fs::path>& directories, const fs::path& page,
                     const std::string& expected) {
  BOOST_CHECK_EXCEPTION(write_report(directories, {page, {}}), bad_input, [&](const bad_input& e) {
    BOOST_TEST_MESSAGE(e.what());
    return has(e.what(), expected) && !has(e.what(), "\n");
  });
  BOOST_TEST(!fs::is_regular_file(page));
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_arm_is_called_by_run_and_name_and_a_run_of_no_name_of_its_own_by_folders) {
  const three_runs runs;
  const auto page = runs.draw();
  const auto data = data_of(page);
  BOOST_REQUIRE_EQUAL(data["arms"].size(), 17);
  BOOST_TEST(data["arms"][0]["name"] == "quickstart (monday/run) / centralized");
  BOOST_TEST(data["arms"][3]["name"] == "quickstart (friday/run) / centralized");
  BOOST_TEST(data["arms"][6]["name"] == "codecs / centralized");
  for (const auto& arm : data["arms"]) BOOST_TEST(!arm["accuracy"].empty());
  BOOST_TEST(has(page, "<b>codecs / federated-int8</b> reached 70"));
  BOOST_TEST(has(page, "<h1>3 runs</h1>"));
  BOOST_TEST(has(
      page, "17 arms of the runs quickstart (monday/run), quickstart (friday/run) and codecs."));
}

BOOST_AUTO_TEST_CASE(curves_of_arms_of_one_name_stay_apart) {
  const three_runs runs;
  auto shorter = test::three_arms();
  shorter.arms[2].rounds = 5;
  test::write_sample_run(runs.directories[1], shorter);
  const auto data = data_of(runs.draw());
  BOOST_TEST(data["arms"][2]["accuracy"].size() == 12);
  BOOST_TEST(data["arms"][5]["accuracy"].size() == 5);
}

BOOST_AUTO_TEST_CASE(each_target_has_a_line_that_says_whose_it_is) {
  const three_runs runs;
  const auto page = runs.draw();
  const auto targets = data_of(page)["targets"];
  BOOST_REQUIRE_EQUAL(targets.size(), 2);
  BOOST_TEST(targets[0]["accuracy"].get<double>() == 0.7);
  BOOST_TEST(targets[0]["label"] == "target 70 % of codecs");
  BOOST_TEST(targets[1]["label"] == "target 80 % of 2 runs");
  BOOST_TEST(targets[0]["dash"] != targets[1]["dash"]);
  BOOST_TEST(has(page, "until the target of the run"));
  BOOST_TEST(has(page, "<span>codecs <small>target 70\u00a0%</small></span>"));
}

BOOST_AUTO_TEST_CASE(a_target_of_all_runs_is_said_once) {
  const three_runs runs;
  test::write_sample_run(runs.directories[2], test::arms_with_codecs());
  const auto page = runs.draw();
  BOOST_TEST(data_of(page)["targets"][0]["label"] == "target 80 %");
  BOOST_TEST(has(page, "until 80\u00a0% accuracy"));
  BOOST_TEST(has(page, "<span>codecs</span>"));
  BOOST_TEST(!has(between(page, "id=\"runs-title\"", "</section>"), "target accuracy."));
}

BOOST_AUTO_TEST_CASE(a_table_says_on_what_each_run_was_trained_and_in_what_they_differ) {
  const three_runs runs;
  auto section = between(runs.draw(), "id=\"runs-title\"", "</section>");
  BOOST_TEST(has(section,
                 "<span>codecs</span></th><td class=\"text wrap\">fashion-mnist</td>"
                 "<td>all</td><td>all</td><td class=\"text wrap\">cnn</td>"));
  BOOST_TEST(has(section, "<td>70\u00a0%</td><td>7</td>"));
  BOOST_TEST(has(section,
                 "The runs differ in target accuracy. Where a target is meant, it is that "
                 "of the arm's own run."));
  std::ofstream(runs.directories[1] / "run.toml")
      << "name = \"other\"\n[data]\nname = \"cifar10\"\n[model]\nname = \"resnet18\"\nnorm = "
         "\"batch\"\n[devices]\ncount = 96\npartition = \"shards(2)\"\n"
         "[links]\ndown = 27.33\nup = 8.63\n";
  section = between(runs.draw(), "id=\"runs-title\"", "</section>");
  BOOST_TEST(has(section,
                 "The runs differ in data set, model, norm, devices, partition, modelled links and "
                 "target accuracy. They were tested on different samples"));
  BOOST_TEST(has(section, "<td class=\"text wrap\">batch</td><td>96</td>"));
  BOOST_TEST(has(section, "<td class=\"text wrap\">down = 27.33, up = 8.63</td>"));
}

BOOST_AUTO_TEST_CASE(tables_have_the_rows_of_a_run_below_its_name) {
  const three_runs runs;
  const auto page = runs.draw();
  for (const char* label : {"Results of each arm", "In what the arms differ", "Trained models"}) {
    const auto table = between(page, std::string("aria-label=\"") + label + "\"", "</table>");
    BOOST_TEST(in_order(table, {"<tr class=\"run\">", "quickstart (monday/run)",
                                "<span>centralized", "quickstart (friday/run)", "<span>centralized",
                                "<span>codecs", "<span>federated-int8"}),
               label);
  }
  const auto codecs = between(page, "id=\"codecs-title\"", "</section>");
  BOOST_TEST(has(codecs, "<h3>codecs</h3>"));
  BOOST_TEST(!has(codecs, "quickstart"));
}

BOOST_AUTO_TEST_CASE(maps_losses_and_settings_are_those_of_the_runs_that_have_them) {
  const three_runs runs;
  const auto page = runs.draw();
  const auto maps = between(page, "id=\"labels-title\"", "</section>");
  BOOST_TEST(has(maps, "<h3>quickstart (monday/run)</h3>"));
  BOOST_TEST(!has(maps, "friday"));
  const auto losses = between(page, "id=\"losses-title\"", "</section>");
  BOOST_TEST(in_order(losses, {"monday", "<table>", "friday", "<table>", "codecs", "<table>"}));
  const auto settings = between(page, "id=\"settings-title\"", "</section>");
  BOOST_TEST(
      in_order(settings, {"<b>quickstart (monday/run)</b>", "<pre", "<b>codecs</b>", "<pre"}));
  BOOST_TEST(
      has(between(page, "Figure 6.", "</figcaption>"),
          "Left out, because no links were modelled: quickstart (monday/run) / centralized"));
}

BOOST_AUTO_TEST_CASE(one_page_says_no_name_twice_and_no_id_twice) {
  const three_runs runs;
  const auto page = runs.draw();
  std::vector<std::string> ids;
  const std::string open = " id=\"";
  for (auto at = page.find(open); at != std::string::npos; at = page.find(open, at + 1))
    ids.push_back(
        page.substr(at + open.size(), page.find('"', at + open.size()) - at - open.size()));
  std::sort(ids.begin(), ids.end());
  BOOST_TEST((std::adjacent_find(ids.begin(), ids.end()) == ids.end()));
  for (const auto* directory : {"run.toml"}) BOOST_TEST(has(page, directory));
  BOOST_TEST(!has(page, runs.place.path().string()));
}

BOOST_AUTO_TEST_CASE(thirty_arms_share_no_two_of_colour_dash_and_marker) {
  for (std::size_t a = 0; a < 30; ++a) {
    for (std::size_t b = a + 1; b < 30; ++b) {
      const auto one = report::look_of(a), other = report::look_of(b);
      BOOST_TEST((one.colour == other.colour) + (one.dash == other.dash) +
                         (std::string(one.marker.name) == other.marker.name) <=
                     1,
                 a << " and " << b);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_run_may_be_drawn_elsewhere_and_several_leave_their_own_reports_alone) {
  const three_runs runs;
  write_report({runs.directories[0]}, {runs.page(), {}});
  BOOST_TEST(has(read_file(runs.page()), "<h1>quickstart</h1>"));
  BOOST_TEST(!fs::exists(runs.directories[0] / "report.html"));
  runs.draw();
  for (const auto& directory : runs.directories) BOOST_TEST(!fs::exists(directory / "report.html"));
}

BOOST_AUTO_TEST_CASE(a_run_named_twice_is_refused) {
  const three_runs runs;
  const auto& once = runs.directories[0];
  require_refused(
      {once, runs.directories[1], once / "../run/"}, runs.page(),
      "../run/: is the same run directory as " + once.string() + "; expected each run once");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_no_run_among_others_is_refused) {
  const three_runs runs;
  fs::create_directory(runs.place / "empty");
  require_refused(
      {runs.directories[0], runs.place / "empty"}, runs.page(),
      "empty: not a run directory: there is no run.toml; expected run.toml and ledger.jsonl");
}

BOOST_AUTO_TEST_CASE(a_page_that_has_no_place_is_refused) {
  const three_runs runs;
  require_refused(runs.directories, runs.place / "nowhere/page.html",
                  "nowhere/page.html: there is no folder");
  require_refused(runs.directories, runs.directories[0] / "ledger.txt",
                  "ledger.txt: expected the name of a page, one that ends in .html");
  fs::create_directory(runs.place / "folder.html");
  require_refused(runs.directories, runs.place / "folder.html", "folder.html: is a folder");
  require_refused({runs.directories[0]}, runs.directories[0] / "nowhere/page.html",
                  "there is no folder");
}
