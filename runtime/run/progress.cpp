#include "runtime/run/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "runtime/results/human_units.hpp"

namespace verge {
namespace {

constexpr std::chrono::milliseconds between_redraws{100};
constexpr std::chrono::seconds between_plain_lines{10};
constexpr unsigned usual_columns = 80;
constexpr unsigned no_limit = std::numeric_limits<unsigned>::max();
/// Makes a terminal clear to the end of the line (ECMA-48, EL).
constexpr const char* clear_to_end = "\x1b[K";

/// A part of the line. When the line is too long, parts get their brief text (empty for some),
/// those with the highest rank first; then they are left out.
struct line_part {
  std::string text;
  std::string brief;
  int rank;
};

std::string joined(const std::vector<line_part>& parts) {
  std::string text;
  for (const line_part& part : parts)
    if (!part.text.empty()) text += (text.empty() ? "" : "  ") + part.text;
  return text;
}

std::string fitted(std::vector<line_part> parts, unsigned width) {
  std::vector<line_part*> least_first;
  for (auto& part : parts) least_first.push_back(&part);
  std::sort(least_first.begin(), least_first.end(),
            [](const line_part* a, const line_part* b) { return a->rank > b->rank; });
  for (auto* part : least_first)
    if (joined(parts).size() > width) part->text = part->brief;
  least_first.pop_back();  // the part that is first in rank stays, and is cut
  for (auto* part : least_first)
    if (joined(parts).size() > width) part->text.clear();
  return joined(parts).substr(0, width);
}

/// The loss, which a round without a used update does not have.
std::string loss_text(const round_result& round) {
  return std::isfinite(round.train_loss) ? fmt::format("loss {:.3f}", round.train_loss) : "loss -";
}

std::string bytes_text_of(const arm_so_far& arm) {
  return fmt::format("up {}  down {}", bytes_text(arm.bytes_up), bytes_text(arm.bytes_down));
}

}  // namespace

void arm_so_far::add(const round_result& round) {
  last = round;
  bytes_up += round.bytes_up;
  bytes_down += round.bytes_down;
  if (round.used == 0) ++abandoned;
}

progress_display::progress_display(std::FILE* out, bool terminal, unsigned width,
                                   std::function<clock::time_point()> now)
    : out_(out), terminal_(terminal), width_(width), now_(std::move(now)) {}

progress_display::~progress_display() {
  if (!line_open_) return;
  std::fputc('\n', out_);
  std::fflush(out_);
}

void progress_display::begin_arm(const std::string& arm, std::uint32_t arm_number,
                                 std::uint32_t arm_count, std::uint32_t rounds,
                                 const arm_so_far& before) {
  arm_ = arm;
  arm_number_ = arm_number;
  arm_count_ = arm_count;
  rounds_ = rounds;
  begun_ = now_();
  rounds_shown_ = 0;
  earlier_ = before.last.wall;
  so_far_ = before;
  last_drawn_.reset();
  last_told_.reset();
  // The first round may take a while, so the arm's name is shown at once.
  draw();
}

void progress_display::show(const run_length& length) {
  rounds_ = length.rounds;
}

void progress_display::say(const std::string& text) {
  write(fmt::format("{}{}{}\n", line_open_ ? "\r" : "", text, line_open_ ? clear_to_end : ""));
  line_open_ = false;
}

void progress_display::show(const round_result& round) {
  if (round.round <= so_far_.last.round) return;
  ++rounds_shown_;
  so_far_.add(round);
  if (round.missed) tell_missed(*round.missed);
  const clock::duration pause = terminal_ ? clock::duration{between_redraws} : between_plain_lines;
  if (!last_drawn_ || now_() - *last_drawn_ >= pause) draw();
}

void progress_display::show(const evaluation_result& evaluation) {
  so_far_.evaluation = evaluation;
  if (!terminal_ || !last_drawn_ || now_() - *last_drawn_ >= between_redraws) draw();
}

void progress_display::end_arm(const std::string& failure) {
  say(last_line());
  if (!failure.empty())
    say(fmt::format("{} ({}/{})  failed: {}", arm_, arm_number_, arm_count_, failure));
}

void progress_display::draw() {
  last_drawn_ = now_();
  if (terminal_) {
    // The last column stays free: some terminals wrap as soon as it is written.
    const unsigned width = columns() - 1;
    write(fmt::format("\r{}{}", line(width), clear_to_end));
    line_open_ = true;
  } else {
    write(line(no_limit) + '\n');
  }
}

void progress_display::tell_missed(const missed_quorum& missed) {
  if (last_told_ && now_() - *last_told_ < between_plain_lines) return;
  last_told_ = now_();
  write(fmt::format("{}{} ({}/{})  round {} {}{}\n", line_open_ ? "\r" : "", arm_, arm_number_,
                    arm_count_, so_far_.last.round.value, text_of(missed),
                    line_open_ ? clear_to_end : ""));
  line_open_ = false;
  last_drawn_.reset();
}

/// Not fmt::print(), which would throw on a full disk.
void progress_display::write(const std::string& text) const {
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
}

unsigned progress_display::columns() const {
  if (width_ > 0) return width_;
  winsize size{};
  if (::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return usual_columns;
}

std::optional<std::chrono::duration<double>> progress_display::time_left() const {
  const auto round = so_far_.last.round.value;
  if (rounds_shown_ == 0 || rounds_ < round) return std::nullopt;
  const std::chrono::duration<double> elapsed = now_() - begun_;
  return elapsed / rounds_shown_ * (rounds_ - round);
}

std::string progress_display::line(unsigned width) const {
  const auto& last = so_far_.last;
  const auto round_number = last.round.value;
  std::vector<line_part> parts;
  const auto arm = fmt::format("{} ({}/{})", arm_, arm_number_, arm_count_);
  parts.push_back({arm, arm, 0});
  const auto round = rounds_ > 0 ? fmt::format("round {}/{}", round_number, rounds_)
                                 : fmt::format("round {}", round_number);
  parts.push_back({round, round, 1});
  if (round_number > 0) parts.push_back({fmt::format("epoch {:.2f}", last.epoch), {}, 6});
  if (const auto& evaluation = so_far_.evaluation) {
    // The evaluation may be of an earlier round.
    const auto of = evaluation->round == last.round
                        ? std::string{}
                        : fmt::format(" (round {})", evaluation->round.value);
    const auto percent = fmt::format("{:.1f} %", evaluation->accuracy * 100);
    parts.push_back({"accuracy " + percent + of, percent, 2});
  }
  if (round_number > 0) {
    const auto loss = loss_text(last);
    parts.push_back({loss, loss, 4});
    parts.push_back({bytes_text_of(so_far_), bytes_text(so_far_.bytes_up + so_far_.bytes_down), 5});
  }
  if (const auto left = time_left()) {
    const auto text = duration_text(*left) + " left";
    parts.push_back({text, text, 3});
  }
  return fitted(std::move(parts), width);
}

std::string progress_display::last_line() const {
  const auto& last = so_far_.last;
  const auto rounds = last.round.value;
  auto text = fmt::format("{} ({}/{})  {} rounds", arm_, arm_number_, arm_count_, rounds);
  if (so_far_.abandoned > 0)
    text += fmt::format(", {} of them missed their quorum", so_far_.abandoned);
  if (rounds > 0) text += fmt::format("  epoch {:.2f}", last.epoch);
  if (so_far_.evaluation)
    text += fmt::format("  accuracy {:.1f} %", so_far_.evaluation->accuracy * 100);
  if (rounds > 0) text += fmt::format("  {}  {}", loss_text(last), bytes_text_of(so_far_));
  return text + "  in " + duration_text(earlier_ + (now_() - begun_));
}

}  // namespace verge
