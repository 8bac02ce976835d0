#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "runtime/files/atomic_file.hpp"
#include "runtime/results/ledger_json.hpp"
#include "runtime/results/summary_table.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/ledger.hpp"

namespace {

using namespace verge;
using namespace verge::test;

/// Rounds 1 .. n of an arm "a"; a negative accuracy means not evaluated.
std::vector<ledger_line> rounds_with(const std::vector<double>& accuracies) {
  std::vector<ledger_line> lines;
  for (std::uint32_t i = 0; i < accuracies.size(); ++i) {
    ledger_line line;
    line.arm = "a";
    line.round.round = {i + 1};
    line.round.epoch = (i + 1) * 0.5;
    line.round.bytes_up = 10 + i;
    line.round.bytes_down = 1000 + i;
    line.round.wall = std::chrono::duration<double>{i + 1.0};
    if (accuracies[i] >= 0) line.accuracy = accuracies[i];
    lines.push_back(line);
  }
  return lines;
}

arm_options arm_a() {
  arm_options arm;
  arm.name = std::string{"a"};
  arm.strategy = strategy_kind::federated;
  return arm;
}

arm_summary full_arm(std::mt19937_64& random) {
  const auto number = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  arm_summary arm;
  arm.name = "arm-x";
  arm.strategy = "federated";
  arm.codec_up = "none";
  arm.codec_down = "model";
  arm.norm = "batch";
  arm.devices = static_cast<std::uint32_t>(random());
  arm.rounds = static_cast<std::uint32_t>(random());
  arm.epochs = number();
  arm.final_accuracy = number();
  arm.best_accuracy = number();
  arm.rounds_to_target = static_cast<std::uint32_t>(random());
  arm.epochs_to_target = number();
  arm.bytes_up_to_target = random();
  arm.bytes_down_to_target = random();
  arm.bytes_up = random();
  arm.bytes_down = random();
  arm.virtual_seconds = number();
  arm.virtual_seconds_to_target = number();
  arm.wall_seconds = number();
  arm.model_sha256 = std::string(64, 'f');
  arm.rounds_abandoned = static_cast<std::uint32_t>(random());
  arm.accuracy_by_label = {number(), std::nullopt, number()};
  arm.accuracy_by_device = {number(), number()};
  arm.ended_by = "patience";
  arm.status = arm_status::failed;
  arm.failure = "the disk\nof \"it\"";
  return arm;
}

auto saying(const std::string& text) {
  return [text](const std::exception& e) {
    BOOST_TEST_MESSAGE(e.what());
    return std::string(e.what()).find(text) != std::string::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(the_target_is_reached_in_the_first_evaluated_round_at_or_above_it) {
  const auto arm = summarise(arm_a(), 8, rounds_with({-1, 0.5, 0.7, 0.9, 0.6, -1}), 0.7, "abc");
  BOOST_TEST(arm.name == "a");
  BOOST_TEST(arm.strategy == "federated");
  BOOST_TEST(arm.codec_up == "none");
  BOOST_TEST(arm.codec_down == "model");
  BOOST_TEST(arm.norm == "group");
  BOOST_TEST(arm.devices == 8u);
  BOOST_TEST(arm.model_sha256 == "abc");
  BOOST_TEST(arm.rounds == 6u);
  BOOST_TEST(arm.epochs == 3.0);
  BOOST_TEST(arm.wall_seconds == 6.0);
  BOOST_TEST(arm.final_accuracy.value() == 0.6);
  BOOST_TEST(arm.best_accuracy.value() == 0.9);
  BOOST_TEST(arm.rounds_to_target.value() == 3u);
  BOOST_TEST(arm.epochs_to_target.value() == 1.5);
  BOOST_TEST(arm.bytes_up_to_target.value() == 10u + 11 + 12);
  BOOST_TEST(arm.bytes_down_to_target.value() == 1000u + 1001 + 1002);
  BOOST_TEST(arm.bytes_up == 10u + 11 + 12 + 13 + 14 + 15);
  BOOST_TEST(arm.bytes_down == 6015u);
  BOOST_TEST(!arm.virtual_seconds_to_target.has_value());
  BOOST_TEST((arm.status == arm_status::ended));
}

BOOST_AUTO_TEST_CASE(a_test_for_the_sake_of_a_stop_is_the_last_and_counts_for_nothing_else) {
  auto lines = rounds_with({-1, 0.5, 0.9});
  lines[1].accuracy_by_label = {0.25};
  lines[2].accuracy_by_label = {0.75};
  lines[2].round.evaluated_at_stop = true;
  const auto arm = summarise(arm_a(), 8, lines, 0.7, "abc");
  BOOST_TEST(arm.final_accuracy.value() == 0.9);
  BOOST_TEST((arm.accuracy_by_label == accuracy_list{0.75}));
  BOOST_TEST(arm.best_accuracy.value() == 0.5);
  BOOST_TEST(!arm.rounds_to_target.has_value());
}

BOOST_AUTO_TEST_CASE(virtual_seconds_are_those_of_the_round_that_reached_the_target) {
  auto lines = rounds_with({0.5, 0.7, 0.9});
  for (ledger_line& line : lines) line.round.virtual_time.emplace(line.round.round.value * 4.0);
  const auto arm = summarise(arm_a(), 8, lines, 0.7, "");
  BOOST_TEST(arm.virtual_seconds_to_target.value() == 8.0);
  BOOST_TEST(arm.virtual_seconds.value() == 12.0);
  BOOST_TEST(!summarise(arm_a(), 8, lines, 0.95, "").virtual_seconds_to_target.has_value());
}

BOOST_AUTO_TEST_CASE(a_target_never_reached_or_never_set_is_absent) {
  for (const std::optional<double> target :
       {std::optional<double>{0.95}, std::optional<double>{}}) {
    const auto arm = summarise(arm_a(), 8, rounds_with({0.5, 0.9}), target, "");
    BOOST_TEST(!arm.rounds_to_target.has_value());
    BOOST_TEST(!arm.epochs_to_target.has_value());
    BOOST_TEST(!arm.bytes_up_to_target.has_value());
    BOOST_TEST(!arm.bytes_down_to_target.has_value());
    BOOST_TEST(arm.best_accuracy.value() == 0.9);
  }
}

BOOST_AUTO_TEST_CASE(rounds_that_missed_their_quorum_are_counted) {
  auto lines = rounds_with({0.5, 0.7, 0.9});
  for (auto& line : lines) line.round.used = 8;
  lines[1].round.used = 0;
  const auto arm = summarise(arm_a(), 8, lines, std::nullopt, "");
  BOOST_TEST(arm.rounds == 3u);
  BOOST_TEST(arm.rounds_abandoned == 1u);
  const auto table = summary_table({1, std::nullopt, {arm}});
  BOOST_TEST((table.find("\na: 1 of 3 rounds missed their quorum\n") != std::string::npos), table);
}

BOOST_AUTO_TEST_CASE(lines_of_other_arms_do_not_count) {
  auto lines = rounds_with({0.5, 0.9});
  lines[1].arm = "b";
  const auto arm = summarise(arm_a(), 8, lines, 0.8, "");
  BOOST_TEST(arm.rounds == 1u);
  BOOST_TEST(arm.bytes_up == 10u);
  BOOST_TEST(!arm.rounds_to_target.has_value());
  BOOST_TEST(!summarise(arm_a(), 8, {}, 0.8, "").final_accuracy.has_value());
}

BOOST_AUTO_TEST_CASE(a_summary_is_read_back_as_it_was_written) {
  const temporary_directory directory;
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    run_summary summary{random(), std::nullopt, {}};
    if (i % 2) summary.target_accuracy = 0.8;
    for (int k = 0; k < i % 4; ++k) summary.arms.push_back(full_arm(random));
    if (i % 3 == 0) summary.arms.push_back(arm_summary{});
    write_summary(directory.path() / "summary.json", summary);
    BOOST_CHECK(read_summary(directory.path() / "summary.json") == summary);
  }
}

BOOST_AUTO_TEST_CASE(the_fields_of_summary_json_are_those_of_the_design) {
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  write_summary(file, {3, std::nullopt, {arm_summary{}}});
  const auto json = nlohmann::ordered_json::parse(read_file(file));
  BOOST_TEST(json["seed"] == 3);
  BOOST_TEST(json["target_accuracy"].is_null());
  std::string names;
  for (const auto& item : json["arms"][0].items()) names += item.key() + " ";
  BOOST_TEST(
      names ==
      "name arm seed tried "
      "strategy norm codec_up codec_down devices rounds epochs final_accuracy best_accuracy "
      "rounds_to_target epochs_to_target bytes_up_to_target bytes_down_to_target bytes_up "
      "bytes_down virtual_seconds virtual_seconds_to_target wall_seconds accuracy_by_label "
      "accuracy_by_device model_sha256 stopped_early status failure rounds_abandoned ended_by ");
  BOOST_TEST(json["arms"][0]["rounds_to_target"].is_null());
}

BOOST_AUTO_TEST_CASE(a_summary_says_how_each_arm_ended) {
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  arm_summary ended, stopped, failed;
  ended.model_sha256 = "abc";
  stopped.status = arm_status::stopped;
  failed.status = arm_status::failed;
  failed.failure = "round 3: the model has diverged";
  write_summary(file, {3, std::nullopt, {ended, stopped, failed}});
  const auto arms = nlohmann::ordered_json::parse(read_file(file))["arms"];
  BOOST_TEST(arms[0]["status"] == "ended");
  BOOST_TEST(arms[1]["status"] == "stopped");
  BOOST_TEST(arms[2]["status"] == "failed");
  BOOST_TEST(arms[0]["failure"].is_null());
  BOOST_TEST(arms[2]["failure"] == "round 3: the model has diverged");
  BOOST_TEST(arms[0]["model_sha256"] == "abc");
  BOOST_TEST(arms[2]["model_sha256"].is_null());
  // Readers that know only this field still learn of the stop.
  BOOST_TEST(arms[0]["stopped_early"] == false);
  BOOST_TEST(arms[1]["stopped_early"] == true);
  BOOST_TEST(arms[2]["stopped_early"] == false);
}

BOOST_AUTO_TEST_CASE(a_summary_that_says_no_more_than_that_an_arm_was_stopped_can_be_read) {
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  arm_summary stopped;
  stopped.status = arm_status::stopped;
  write_summary(file, {3, std::nullopt, {arm_summary{}, stopped}});
  auto json = nlohmann::ordered_json::parse(read_file(file));
  for (auto& arm : json["arms"]) {
    arm.erase("status");
    arm.erase("failure");
    arm.erase("rounds_abandoned");
    arm["model_sha256"] = "abc";
  }
  const auto read = read_summary(directory.file("old.json", json.dump()));
  BOOST_TEST((read.arms[0].status == arm_status::ended));
  BOOST_TEST((read.arms[1].status == arm_status::stopped));
  json["arms"][0]["status"] = "lost";
  BOOST_CHECK_EXCEPTION(
      read_summary(directory.file("bad.json", json.dump())), bad_input,
      saying(
          "arms[0]: \"status\" = \"lost\": expected one of ended, stopped, failed and unfinished"));
}

BOOST_AUTO_TEST_CASE(a_damaged_summary_is_refused_with_the_field) {
  const temporary_directory directory;
  const auto refused = [&](const std::string& text, const std::string& problem) {
    BOOST_CHECK_EXCEPTION(read_summary(directory.file("summary.json", text)), bad_input,
                          saying("summary.json: " + problem));
  };
  refused("{", "is no JSON, or cut off; expected the JSON of a run's summary");
  refused("[]", "expected a JSON object");
  refused("{\"seed\": 1}", "\"target_accuracy\" is missing");
  refused(R"({"seed": 1, "target_accuracy": null, "arms": 3})", "\"arms\": expected an array");
  refused(R"({"seed": 1, "target_accuracy": null, "arms": [{}]})", "arms[0]: \"name\" is missing");
  BOOST_CHECK_EXCEPTION(read_summary(directory.path() / "none"), bad_input,
                        saying("cannot be read"));
}

BOOST_AUTO_TEST_CASE(an_atomic_write_replaces_the_file_or_leaves_it) {
  const temporary_directory directory;
  const auto file = directory.file("x", "old");
  write_file_atomically(file, "new");
  BOOST_TEST(read_file(file) == "new");
  // A directory cannot be replaced by a file. No temporary file is left beside it.
  std::filesystem::create_directory(directory.path() / "d");
  BOOST_CHECK_EXCEPTION(write_file_atomically(directory.path() / "d", "new"), run_failure,
                        saying("cannot be written: Is a directory"));
  BOOST_CHECK_THROW(write_file_atomically(directory.path() / "no" / "x", "new"), run_failure);
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    BOOST_TEST_MESSAGE(entry.path());
    ++entries;
  }
  BOOST_TEST(entries == 2u);
}

BOOST_AUTO_TEST_CASE(the_table_has_a_row_an_arm_in_columns_of_one_width) {
  run_summary run{1, 0.85, {}};
  arm_summary reached;
  reached.name = "large-batch";
  reached.rounds = 564;
  reached.epochs = 3;
  reached.final_accuracy = 0.86125;
  reached.best_accuracy = 0.87;
  reached.rounds_to_target = 500;
  reached.epochs_to_target = 2.66;
  reached.bytes_up = 1'234'567'890;
  reached.bytes_down = 49'999;
  reached.wall_seconds = 61.26;
  arm_summary stopped;
  stopped.name = "fed";
  stopped.status = arm_status::stopped;
  run.arms = {reached, stopped};
  BOOST_TEST(
      summary_table(run) ==
      "arm          rounds  epochs  final accuracy     best  rounds to 85 %  epochs to 85 %   MB up"
      "  MB down  seconds\n"
      "large-batch     564    3.00         86.12 %  87.00 %             500            2.66  1234.6"
      "      0.0     61.3\n"
      "fed*              0    0.00               -        -               -               -     0.0"
      "      0.0      0.0\n"
      "* stopped before its planned end\n");
  run.arms[0].virtual_seconds_to_target = 966.6;
  run.arms[0].virtual_seconds = 1090.0;
  run.arms[1].virtual_seconds = 30.4;
  BOOST_TEST(
      summary_table(run) ==
      "arm          rounds  epochs  final accuracy     best  rounds to 85 %  epochs to 85 %   MB up"
      "  MB down  seconds  modelled time  modelled to 85 %\n"
      "large-batch     564    3.00         86.12 %  87.00 %             500            2.66  1234.6"
      "      0.0     61.3          18:10             16:07\n"
      "fed*              0    0.00               -        -               -               -     0.0"
      "      0.0      0.0           0:30                 -\n"
      "* stopped before its planned end\n");
  run.target_accuracy.reset();
  BOOST_TEST((summary_table(run).find("rounds to target") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(below_the_table_stands_which_rule_has_ended_an_arm) {
  arm_summary at_target, patient, whole;
  at_target.name = "a";
  at_target.rounds = 3;
  at_target.ended_by = "target";
  patient.name = "b";
  patient.rounds = 7;
  patient.ended_by = "patience";
  whole.name = "c";
  const auto table = summary_table({1, 0.5, {at_target, patient, whole}});
  BOOST_TEST(table.find("a: ended after round 3: the target is reached") != std::string::npos);
  BOOST_TEST(table.find("b: ended after round 7: no better test") != std::string::npos);
  BOOST_TEST(table.find("c: ended") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(below_the_table_stands_why_an_arm_has_failed) {
  arm_summary failed;
  failed.name = "wild";
  failed.status = arm_status::failed;
  failed.failure = "round 3: the model has diverged";
  const auto table = summary_table({1, std::nullopt, {arm_summary{}, failed}});
  BOOST_TEST((table.find("\nwild!  ") != std::string::npos), table);
  BOOST_TEST(
      (table.find("\n! wild has failed: round 3: the model has diverged\n") != std::string::npos),
      table);
}

BOOST_AUTO_TEST_CASE(every_field_of_ledger_and_summary_is_explained_in_the_documentation) {
  const auto page = read_file(VERGE_SOURCE_DIR "/docs/run_directory.md");
  const auto check = [&](const ordered_json& object) {
    for (const auto& [name, value] : object.items())
      BOOST_TEST((page.find('`' + name + '`') != std::string::npos),
                 name << " is not in the documentation");
  };
  check(to_json(ledger_line{}));
  const temporary_directory directory;
  const auto file = directory.path() / "summary.json";
  write_summary(file, {1, 0.5, {arm_summary{}}});
  const auto summary = ordered_json::parse(read_file(file));
  check(summary);
  check(summary["arms"][0]);
}

BOOST_AUTO_TEST_SUITE_END()
