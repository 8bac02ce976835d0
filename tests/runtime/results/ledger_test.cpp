#include "verge/runtime/ledger.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

namespace {

using namespace verge;
using namespace verge::test;
using nlohmann::json;

round_result round_of(std::uint32_t number) {
  round_result round;
  round.round = {number};
  round.epoch = number * 0.1;
  round.cohort = 10;
  round.used = 7;
  round.late = 2;
  round.refused = 1;
  round.bytes_up = 1000 + number;
  round.bytes_down = 2000 + number;
  round.train_loss = 2.0 / number;
  round.wall = std::chrono::duration<double>{number * 0.25};
  return round;
}

evaluation_result evaluation_of(std::uint32_t number, double accuracy) {
  return {{number}, {number}, number * 0.1, accuracy, 1 - accuracy};
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::istringstream in(read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

auto saying(const std::string& text) {
  return [text](const std::exception& e) {
    BOOST_TEST_MESSAGE(e.what());
    return std::string(e.what()).find(text) != std::string::npos;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(a_line_has_exactly_the_documented_fields_in_their_order) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  ledger_writer writer(file);
  writer.add("a", 1, "none", round_of(2), false);
  BOOST_TEST(
      read_file(file) ==
      "{\"arm\":\"a\",\"seed\":1,\"norm\":\"none\",\"round\":2,\"epoch\":0.2,\"cohort\":10,"
      "\"used\":7,"
      "\"late\":2,\"lost\":0,"
      "\"refused\":1,\"bytes_up\":1002,\"bytes_down\":2002,\"train_loss\":1.0,\"accuracy\":null,"
      "\"test_loss\":null,\"accuracy_by_label\":null,\"accuracy_by_device\":null,"
      "\"tested_at_stop\":false,\"compute_seconds\":null,\"wall_seconds\":0.5,\"virtual_seconds\":"
      "null}"
      "\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  std::mt19937_64 random(3);
  std::vector<ledger_line> written;
  {
    ledger_writer writer(file);
    // Three devices: of one label, of another, and of both as often as not.
    writer.set_device_accuracy([](const accuracy_list& labels) {
      return accuracy_list{labels[0], labels[1], (*labels[0] + *labels[1]) / 2};
    });
    for (std::uint32_t number = 1; number <= 200; ++number) {
      ledger_line line{
          random() % 2 ? "a" : "b \"quoted\"", "batch(pooled)", round_of(number), {}, {}};
      line.seed = random();
      line.round.evaluated_at_stop = random() % 2 == 1;
      line.round.bytes_up = random();
      line.round.train_loss = std::ldexp(static_cast<double>(random() >> 11), -50);
      line.round.wall =
          std::chrono::duration<double>{std::ldexp(static_cast<double>(random()), -40)};
      if (random() % 2) line.round.compute.emplace(number / 7.0);
      if (random() % 2) line.round.virtual_time.emplace(number / 3.0);
      writer.add(line.arm, line.seed, line.norm, line.round, number % 3 == 0);
      if (number % 3 == 0) {
        line.accuracy = number / 700.0;
        line.test_loss = 1 - number / 700.0;
        auto evaluation = evaluation_of(number, number / 700.0);
        evaluation.accuracy_by_label = {number / 800.0, number / 600.0, std::nullopt};
        line.accuracy_by_label = evaluation.accuracy_by_label;
        line.device_accuracy = {number / 800.0, (number / 800.0 + number / 600.0) / 2,
                                number / 600.0};
        writer.add(line.arm, evaluation);
      }
      written.push_back(line);
    }
  }
  const auto read = read_ledger(file);
  BOOST_REQUIRE_EQUAL(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    const round_result& got = read[i].round;
    const round_result& expected = written[i].round;
    BOOST_TEST(read[i].arm == written[i].arm);
    BOOST_TEST(read[i].seed == written[i].seed);
    BOOST_TEST(got.round.value == expected.round.value);
    BOOST_TEST(got.epoch == expected.epoch);
    BOOST_TEST(got.cohort == expected.cohort);
    BOOST_TEST(got.used == expected.used);
    BOOST_TEST(got.late == expected.late);
    BOOST_TEST(got.lost == expected.lost);
    BOOST_TEST(got.refused == expected.refused);
    BOOST_TEST(got.bytes_up == expected.bytes_up);
    BOOST_TEST(got.bytes_down == expected.bytes_down);
    BOOST_TEST(got.train_loss == expected.train_loss);
    BOOST_TEST(got.wall.count() == expected.wall.count());
    BOOST_CHECK(got.compute == expected.compute);
    BOOST_CHECK(got.virtual_time == expected.virtual_time);
    BOOST_CHECK(read[i].accuracy == written[i].accuracy);
    BOOST_CHECK(read[i].test_loss == written[i].test_loss);
    BOOST_CHECK(read[i].accuracy_by_label == written[i].accuracy_by_label);
    BOOST_CHECK(read[i].device_accuracy == written[i].device_accuracy);
    BOOST_TEST(got.evaluated_at_stop == expected.evaluated_at_stop);
  }
}

BOOST_AUTO_TEST_CASE(lines_are_in_the_file_as_soon_as_they_are_complete_and_in_round_order) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  ledger_writer writer(file);
  writer.add("a", 1, "none", round_of(1), false);
  BOOST_TEST(lines_of(file).size() == 1u);
  writer.add("a", 1, "none", round_of(2), true);
  writer.add("a", 1, "none", round_of(3), false);
  writer.add("a", 1, "none", round_of(4), true);
  writer.add("b", 1, "none", round_of(2), true);
  writer.add("b", 1, "none", round_of(3), true);
  writer.add("b", evaluation_of(2, 0.25));
  BOOST_TEST(lines_of(file).size() == 1u);
  writer.add("a", evaluation_of(4, 0.75));  // earlier than that of round 2
  BOOST_TEST(lines_of(file).size() == 1u);
  writer.add("a", evaluation_of(2, 0.5));
  BOOST_TEST(lines_of(file).size() == 5u);
  writer.close();
  const auto lines = read_ledger(file);
  BOOST_REQUIRE_EQUAL(lines.size(), 6u);
  for (std::uint32_t i = 0; i < 4; ++i) BOOST_TEST(lines[i].round.round.value == i + 1);
  BOOST_TEST(lines[1].accuracy.value() == 0.5);
  BOOST_TEST(lines[1].test_loss.value() == 0.5);
  BOOST_TEST(!lines[2].accuracy.has_value());
  BOOST_TEST(lines[3].accuracy.value() == 0.75);
  BOOST_TEST(lines[4].arm == "b");
  BOOST_TEST(lines[4].accuracy.value() == 0.25);
  BOOST_TEST(!lines[5].accuracy.has_value());
}

BOOST_AUTO_TEST_CASE(an_evaluation_that_no_round_waits_for_changes_nothing) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  ledger_writer writer(file);
  writer.add("a", evaluation_of(0, 0.1));
  writer.add("a", 1, "none", round_of(1), false);
  const std::string before = read_file(file);
  writer.add("a", evaluation_of(1, 0.2));
  writer.close();
  BOOST_TEST(read_file(file) == before);
}

BOOST_AUTO_TEST_CASE(a_destroyed_writer_leaves_the_rounds_that_waited) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  { ledger_writer(file).add("a", 1, "none", round_of(1), true); }
  BOOST_TEST(read_ledger(file).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_no_number_is_null_and_the_line_stays_json) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  {
    ledger_writer writer(file);
    for (const double loss : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      round_result round = round_of(1);
      round.train_loss = loss;
      writer.add("a", 1, "none", round, true);
      writer.add("a", evaluation_result{{1}, {1}, 0.1, 0.1, loss});
    }
  }
  for (const std::string& line : lines_of(file)) {
    const json fields = json::parse(line);
    BOOST_TEST(fields["train_loss"].is_null());
    BOOST_TEST(fields["test_loss"].is_null());
    BOOST_TEST(fields["accuracy"] == 0.1);
  }
  BOOST_TEST(std::isnan(read_ledger(file).at(0).round.train_loss));
}

BOOST_AUTO_TEST_CASE(a_last_line_cut_anywhere_is_left_out_and_mended_by_the_next_writer) {
  const temporary_directory directory;
  const auto whole = directory.path() / "whole.jsonl";
  {
    ledger_writer writer(whole);
    writer.add("a", 1, "none", round_of(1), false);
    writer.add("a", 1, "none", round_of(2), false);
  }
  const std::string text = read_file(whole);
  const std::size_t first = text.find('\n') + 1;
  for (std::size_t length = first; length <= text.size(); ++length) {
    const auto file = directory.file("cut.jsonl", text.substr(0, length));
    // Only the line's newline is missing, so the line is kept.
    const std::size_t lines = length + 1 >= text.size() ? 2 : 1;
    BOOST_TEST(read_ledger(file).size() == lines);
    { ledger_writer(file).add("a", 1, "none", round_of(3), false); }
    const auto read = read_ledger(file);
    BOOST_REQUIRE_EQUAL(read.size(), lines + 1);
    BOOST_TEST(read.back().round.round.value == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_line_is_refused_with_its_place) {
  const temporary_directory directory;
  const auto whole = directory.path() / "whole.jsonl";
  { ledger_writer(whole).add("a", 1, "none", round_of(1), false); }
  const std::string line = read_file(whole);
  const auto refused = [&](const std::string& text, const std::string& problem) {
    BOOST_CHECK_EXCEPTION(read_ledger(directory.file("bad.jsonl", text)), bad_input,
                          saying("bad.jsonl:" + problem));
  };
  const auto with = [&](const std::string& old, const std::string& by) {
    std::string changed = line;
    return changed.replace(changed.find(old), old.size(), by);
  };
  refused(line.substr(0, 40) + "\n" + line, "1: expected a JSON object");
  refused(line + line.substr(0, 40) + "\n", "2: expected a JSON object");
  refused(line + "\n" + line, "2: expected a JSON object");
  refused(line + "[]\n", "2: expected a JSON object");
  refused(with("\"used\":7,", ""), "1: \"used\" is missing");
  refused(with("\"used\":7", "\"used\":-7"), "1: \"used\" = -7: expected a whole number");
  refused(with("\"used\":7", "\"used\":4294967296"), "1: \"used\" = 4294967296: expected");
  refused(with("\"arm\":\"a\"", "\"arm\":1"), "1: \"arm\" = 1: expected a text");
  refused(with("\"accuracy\":null", "\"accuracy\":\"x\""),
          "1: \"accuracy\" = \"x\": expected a number");
  BOOST_CHECK_EXCEPTION(read_ledger(directory.path() / "none"), bad_input,
                        saying("cannot be read"));
}

BOOST_AUTO_TEST_CASE(a_ledger_that_cannot_be_written_fails_the_run) {
  const temporary_directory directory;
  BOOST_CHECK_EXCEPTION(ledger_writer(directory.path() / "no" / "ledger.jsonl"), run_failure,
                        saying("ledger.jsonl: cannot be written: No such file or directory"));
  ledger_writer full("/dev/full");
  BOOST_CHECK_EXCEPTION(full.add("a", 1, "none", round_of(1), false), run_failure,
                        saying("No space left"));
}

BOOST_AUTO_TEST_SUITE_END()
