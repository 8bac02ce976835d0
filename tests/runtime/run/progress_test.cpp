#include "runtime/run/progress.hpp"

#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>
#include <memory>

#include "runtime/results/human_units.hpp"

namespace {

using namespace verge;
using namespace std::chrono_literals;

/// A display on a file, with a clock that only the test moves.
struct shown_run {
  explicit shown_run(bool terminal, unsigned width = 0)
      : display(std::make_unique<progress_display>(out, terminal, width, [this] { return now; })) {}
  ~shown_run() {
    display.reset();
    std::fclose(out);
  }

  /// Everything drawn so far.
  std::string text() {
    std::string all(static_cast<std::size_t>(std::ftell(out)), '\0');
    std::rewind(out);
    BOOST_REQUIRE_EQUAL(std::fread(all.data(), 1, all.size(), out), all.size());
    std::fseek(out, 0, SEEK_END);
    return all;
  }
  std::string last_redraw() {
    const std::string all = text();
    return all.substr(all.rfind('\r') + 1);
  }

  std::FILE* out = std::tmpfile();
  std::chrono::steady_clock::time_point now{};
  std::unique_ptr<progress_display> display;
};

round_result round_of(std::uint32_t number) {
  round_result round;
  round.round = {number};
  round.epoch = number / 187.5;
  round.bytes_up = 554'167;
  round.bytes_down = 554'167;
  round.train_loss = 0.4124;
  round.used = 3;
  return round;
}

evaluation_result evaluation_of(std::uint32_t number, double accuracy) {
  return {{number}, {number}, number / 187.5, accuracy, 0.5};
}

std::size_t count(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

/// 120 of 750 rounds in 13.714 s: 72 s are left.
void show_120_rounds(shown_run& run) {
  run.display->begin_arm("large-batch", 2, 3, 750);
  for (std::uint32_t number = 1; number <= 120; ++number) {
    run.now += 114'286us;
    if (number == 100) run.display->show(evaluation_of(100, 0.841));
    run.display->show(round_of(number));
  }
}

constexpr const char* clear_to_end = "\x1b[K";

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_terminal_shows_one_line_that_is_redrawn) {
  shown_run run(true, 200);
  show_120_rounds(run);
  BOOST_TEST(
      run.last_redraw() ==
      std::string(
          "large-batch (2/3)  round 120/750  epoch 0.64  accuracy 84.1 % (round 100)  loss 0.412  "
          "up 66.5 MB  down 66.5 MB  1:12 left") +
          clear_to_end);
  BOOST_TEST(count(run.text(), '\n') == 0u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_no_reason_to_end_a_run) {
  for (const bool terminal : {false, true}) {
    std::FILE* full = std::fopen("/dev/full", "w");
    BOOST_REQUIRE(full);
    std::setbuf(full, nullptr);  // as standard error is
    progress_display display{full, terminal, 80};
    display.begin_arm("a", 1, 1, 10);
    display.show(round_of(1));
    display.end_arm();
    std::fclose(full);
  }
}

BOOST_AUTO_TEST_CASE(no_more_than_ten_redraws_a_second) {
  shown_run run(true, 200);
  run.display->begin_arm("a", 1, 1, 100'000);
  for (std::uint32_t number = 1; number <= 20'000; ++number) {
    run.now += 100us;
    run.display->show(round_of(number));
    run.display->show(evaluation_of(number, 0.5));
  }
  // The draws of two seconds, and the first one.
  BOOST_TEST(count(run.text(), '\r') == 21u);
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_gets_the_parts_that_matter_in_one_row) {
  for (const unsigned width : {1u, 5u, 20u, 40u, 60u, 80u, 100u}) {
    shown_run run(true, width);
    show_120_rounds(run);
    const std::string shown = run.last_redraw();
    BOOST_TEST(shown.size() < width + std::string(clear_to_end).size());
  }
  shown_run run(true, 80);
  show_120_rounds(run);
  // The least important parts are brief: no epoch, bytes up and down as one sum, a bare accuracy.
  BOOST_TEST(run.last_redraw() == std::string("large-batch (2/3)  round 120/750  84.1 %  "
                                              "loss 0.412  133.0 MB  1:12 left") +
                                      clear_to_end);
  shown_run tiny(true, 41);
  show_120_rounds(tiny);
  BOOST_TEST(tiny.last_redraw() ==
             std::string("large-batch (2/3)  round 120/750  84.1 %") + clear_to_end);
}

BOOST_AUTO_TEST_CASE(a_resumed_arm_counts_time_from_where_it_goes_on) {
  shown_run run(true, 200);
  run.display->begin_arm("a", 1, 1, 110);
  for (std::uint32_t number = 101; number <= 105; ++number) {
    run.now += 2s;
    run.display->show(round_of(number));
  }
  BOOST_TEST((run.last_redraw().find("0:10 left") != std::string::npos), run.last_redraw());
}

/// 40 earlier rounds, each of 554,167 bytes up and down, in 60 s. Round 40 was the checkpoint's.
arm_so_far forty_rounds() {
  arm_so_far before;
  for (std::uint32_t number = 1; number <= 40; ++number) {
    auto round = round_of(number);
    round.used = number == 7 ? 0 : 3;
    round.wall = std::chrono::duration<double>{1.5 * number};
    before.add(round);
  }
  before.evaluation = evaluation_of(39, 0.841);
  return before;
}

BOOST_AUTO_TEST_CASE(a_resumed_arm_begins_with_what_it_has_come_to) {
  shown_run run(true, 200);
  run.display->begin_arm("a", 1, 1, 50, forty_rounds());
  // 40 * 554,167 B = 22.17 MB. The time left is not known yet.
  BOOST_TEST(
      run.last_redraw() ==
      std::string("a (1/1)  round 40/50  epoch 0.21  accuracy 84.1 % (round 39)  loss 0.412  "
                  "up 22.2 MB  down 22.2 MB") +
          clear_to_end);
  // The checkpoint's round is told once more. The sums already have it, and it took no time here.
  run.now += 1s;
  run.display->show(round_of(40));
  for (std::uint32_t number = 41; number <= 45; ++number) {
    run.now += 2s;
    run.display->show(round_of(number));
  }
  // 45 * 554,167 B = 24.9 MB; five rounds in 11 s, so five more in 11 s.
  BOOST_TEST(
      run.last_redraw() ==
      std::string("a (1/1)  round 45/50  epoch 0.24  accuracy 84.1 % (round 39)  loss 0.412  "
                  "up 24.9 MB  down 24.9 MB  0:11 left") +
          clear_to_end);
  // 60 s before and 11 s since.
  run.display->end_arm();
  BOOST_TEST(run.last_redraw() ==
             std::string("a (1/1)  45 rounds, 1 of them missed their quorum  epoch 0.24  "
                         "accuracy 84.1 %  loss 0.412  up 24.9 MB  down 24.9 MB  in 1:11") +
                 clear_to_end + "\n");
}

BOOST_AUTO_TEST_CASE(a_round_that_misses_its_quorum_is_told_with_its_numbers_and_has_no_loss) {
  for (const bool terminal : {false, true}) {
    shown_run run(terminal, 200);
    run.display->begin_arm("a", 1, 1, 40);
    auto missed = round_of(1);
    missed.used = 0;
    missed.train_loss = std::nan("");
    missed.missed = missed_quorum{20, 11, 0, 12};
    run.now += 1s;
    run.display->show(missed);
    const auto text = run.text();
    BOOST_TEST((text.find("a (1/1)  round 1 missed its quorum: 11 of 20 answered, 12 are wanted") !=
                std::string::npos),
               text);
    BOOST_TEST((text.find("loss -") != std::string::npos), text);
    BOOST_TEST((text.find("nan") == std::string::npos), text);
    // Of several at once the first is shown, and their number.
    missed.round = {2};
    missed.missed = missed_quorum{20, 9, 1, 12};
    run.now += 1s;
    run.display->show(missed);
    BOOST_TEST((run.text().find("round 2 missed") == std::string::npos));
    missed.round = {3};
    run.now += 10s;
    run.display->show(missed);
    BOOST_TEST(
        (run.text().find("round 3 missed its quorum: 9 of 20 answered, 1 of them refused, 12 "
                         "are wanted") != std::string::npos),
        run.text());
    run.display->end_arm();
    BOOST_TEST((run.text().find("a (1/1)  3 rounds, 3 of them missed their quorum  ") !=
                std::string::npos),
               run.text());
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_an_arm_leaves_one_whole_line_whatever_the_width) {
  shown_run run(true, 40);
  show_120_rounds(run);
  run.display->end_arm();
  BOOST_TEST(run.last_redraw() ==
             std::string("large-batch (2/3)  120 rounds  epoch 0.64  "
                         "accuracy 84.1 %  loss 0.412  up 66.5 MB  down 66.5 MB  "
                         "in 0:14") +
                 clear_to_end + "\n");
  run.display->begin_arm("federated", 3, 3, 0);
  BOOST_TEST(run.last_redraw() == std::string("federated (3/3)  round 0") + clear_to_end);
  run.display->show(round_of(1));
  run.now += 1s;
  run.display->show(round_of(2));
  // Nothing is left of the arm before, and there is no time left where the rounds are not known.
  BOOST_TEST(run.last_redraw() ==
             std::string("federated (3/3)  round 2  loss 0.412") + clear_to_end);
}

BOOST_AUTO_TEST_CASE(a_display_that_is_destroyed_in_an_arm_ends_its_line) {
  shown_run run(true, 40);
  show_120_rounds(run);
  run.display.reset();
  BOOST_TEST(run.text().back() == '\n');
}

BOOST_AUTO_TEST_CASE(elsewhere_there_is_a_plain_line_an_evaluation_and_one_every_ten_seconds) {
  shown_run run(false);
  run.display->begin_arm("a", 1, 1, 1000);
  BOOST_TEST(run.text() == "a (1/1)  round 0/1000\n");
  for (std::uint32_t number = 1; number <= 100; ++number) {
    run.now += 250ms;
    run.display->show(round_of(number));
  }
  BOOST_TEST(count(run.text(), '\n') == 3u);
  run.display->show(evaluation_of(100, 0.5));
  run.display->show(evaluation_of(100, 0.6));
  BOOST_TEST(count(run.text(), '\n') == 5u);
  run.display->end_arm();
  BOOST_TEST(count(run.text(), '\n') == 6u);
  BOOST_TEST(count(run.text(), '\r') == 0u);
  BOOST_TEST(count(run.text(), '\x1b') == 0u);
}

BOOST_AUTO_TEST_CASE(an_arm_without_a_round_ends_with_a_line_too) {
  shown_run run(false);
  run.display->begin_arm("a", 1, 1, 10);
  run.display->end_arm();
  BOOST_TEST(run.text() == "a (1/1)  round 0/10\na (1/1)  0 rounds  in 0:00\n");
}

BOOST_AUTO_TEST_CASE(bytes_and_times_are_shown_in_units_for_people) {
  BOOST_TEST(bytes_text(0) == "0 B");
  BOOST_TEST(bytes_text(999) == "999 B");
  BOOST_TEST(bytes_text(1000) == "1.0 kB");
  BOOST_TEST(bytes_text(999'949) == "999.9 kB");
  BOOST_TEST(bytes_text(999'950) == "1.0 MB");
  BOOST_TEST(bytes_text(66'500'040) == "66.5 MB");
  BOOST_TEST(bytes_text(5'000'000'000) == "5.0 GB");
  BOOST_TEST(bytes_text(UINT64_MAX) == "18446.7 PB");
  BOOST_TEST(duration_text(4.6s) == "0:05");
  BOOST_TEST(duration_text(59.7s) == "1:00");
  BOOST_TEST(duration_text(72s) == "1:12");
  BOOST_TEST(duration_text(2h + 3min + 4s) == "2:03:04");
  BOOST_TEST(duration_text(std::chrono::duration<double>{std::nan("")}) == "0:00");
}

BOOST_AUTO_TEST_SUITE_END()
