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

/// The state of an arm under way: its last round, sums over all its rounds, and the last
/// evaluation.
struct arm_so_far {
  round_result last;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Rounds that missed their quorum.
  std::uint32_t abandoned = 0;
  std::optional<evaluation_result> evaluation;

  void add(const round_result& round);
};

/// Shows the progress of a run. On a terminal it redraws one line in place (arm, round, epoch,
/// accuracy, loss, bytes, time left) at most ten times per second. Elsewhere it writes plain lines:
/// one per evaluation, and at most one every ten seconds between them. A round that misses its
/// quorum has a line of its own; of several such rounds within ten seconds, the first. Not an actor
/// and not thread-safe: its caller hears of rounds and calls it from one thread. Output that cannot
/// be written is dropped, because that is not a reason to end a run.
class progress_display {
public:
  using clock = std::chrono::steady_clock;

  /// Draws on `out` (stderr). `terminal`: the result of isatty() for it. `width`: columns, 0 = ask
  /// the terminal each time. `now`: the clock, which tests replace.
  progress_display(std::FILE* out, bool terminal, unsigned width = 0,
                   std::function<clock::time_point()> now = &clock::now);
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;
  /// Ends a line that is still being redrawn, so that later output begins on a new line.
  ~progress_display();

  /// `arm_number` counts from 1. `rounds`: planned number, 0 = not known yet. `before`: the state
  /// of an arm that resumes; the time left is estimated from the rounds that follow.
  void begin_arm(const std::string& arm, std::uint32_t arm_number, std::uint32_t arm_count,
                 std::uint32_t rounds, const arm_so_far& before = {});
  /// Writes `text` on a line of its own, which stays.
  void say(const std::string& text);
  /// Sets the planned number of rounds.
  void show(const run_length& length);
  /// A resumed arm tells the last round of `before` once more; it counts once.
  void show(const round_result& round);
  void show(const evaluation_result& evaluation);
  /// Writes a last plain line about the arm, and for a failed arm a line with the reason.
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
  /// Time of begin_arm(), and rounds shown since then. A resumed arm does not begin at round 1.
  clock::time_point begun_{};
  std::uint32_t rounds_shown_ = 0;
  /// Wall time of the rounds before begin_arm().
  std::chrono::duration<double> earlier_{};
  arm_so_far so_far_;

  std::optional<clock::time_point> last_drawn_;
  std::optional<clock::time_point> last_told_;
  /// The terminal shows a line without its newline.
  bool line_open_ = false;
};

}  // namespace verge
