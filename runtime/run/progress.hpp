#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "verge/messages/round_result.hpp"
#include "verge/model/run_length.hpp"

namespace verge {

/// What an arm has come to that goes on: the last of its rounds, sums over all of them, the last evaluation.
struct arm_so_far {
  round_result last;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Rounds that missed their quorum.
  std::uint32_t abandoned = 0;
  std::optional<evaluation_result> evaluation;

  void add(const round_result& round);
};

/// Shows a run as it goes: on a terminal one line that is redrawn in place (arm, round, epoch,
/// accuracy, loss, bytes, time left) at most ten times a second, else plain lines, one an
/// evaluation and at most one every ten seconds between them. A round that misses its quorum has a line of its own, of
/// several within ten seconds the first. Not an actor: whoever hears of rounds
/// calls it, from one thread. What cannot be written is not shown; that is no reason to end a run.
class progress_display {
public:
  using clock = std::chrono::steady_clock;

  /// Draws on `out` (stderr); `terminal` is isatty of it. `width`: columns, 0 = ask the terminal
  /// each time. `now`: what time it is, for tests.
  progress_display(std::FILE* out, bool terminal, unsigned width = 0,
                   std::function<clock::time_point()> now = &clock::now);
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;
  /// Ends a line that is still being redrawn, so that what follows does not stick to it.
  ~progress_display();

  /// `arm_number` counts from 1. `rounds`: planned; 0 = not known yet. `before`: of an arm that goes on, what it has come to;
  /// the time left is that of the rounds from here.
  void begin_arm(const std::string& arm, std::uint32_t arm_number, std::uint32_t arm_count,
                 std::uint32_t rounds, const arm_so_far& before = {});
  /// A line of its own, which stays.
  void say(const std::string& text);
  /// How many rounds are planned.
  void show(const run_length& length);
  /// A round that `before` has already is told once more when an arm goes on, and counts once.
  void show(const round_result& round);
  void show(const evaluation_result& evaluation);
  /// Leaves one last plain line about the arm, and one that says why it has failed, where it has.
  void end_arm(const std::string& failure = {});

private:
  void draw();
  void tell_missed(const missed_quorum& missed);
  void write(const std::string& text) const;
  unsigned columns() const;
  std::string line(unsigned width) const;
  std::string last_line() const;
  std::optional<std::chrono::duration<double>> time_left() const;

  std::FILE* out_;
  bool terminal_;
  unsigned width_;
  std::function<clock::time_point()> now_;

  std::string arm_;
  std::uint32_t arm_number_ = 0;
  std::uint32_t arm_count_ = 0;
  std::uint32_t rounds_ = 0;
  /// Of begin_arm, and rounds shown since: a resumed arm does not begin at round 1.
  clock::time_point begun_{};
  std::uint32_t rounds_shown_ = 0;
  /// Wall time of the rounds before.
  std::chrono::duration<double> earlier_{};
  arm_so_far so_far_;

  std::optional<clock::time_point> last_drawn_;
  std::optional<clock::time_point> last_told_;
  /// A line without its end is on the terminal.
  bool line_open_ = false;
};

}  // namespace verge
