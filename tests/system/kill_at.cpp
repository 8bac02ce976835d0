// With VERGE_KILL_AT="step:n" in the environment, a program that links this ends as by SIGKILL when
// it reaches kill point `step` for the n-th time.

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "messages/kill_point.hpp"

namespace {

struct target {
  std::string_view step;
  int visits = 0;
};

target read_target() {
  const char* text = std::getenv("VERGE_KILL_AT");
  if (!text) return {};
  const std::string_view words{text};
  const auto colon = words.rfind(':');
  if (colon == std::string_view::npos) return {words, 1};
  return {words.substr(0, colon), std::atoi(text + colon + 1)};
}

void end_here_if_told(const char* step) {
  static const target where = read_target();
  static std::atomic<int> visits{0};
  if (where.step != step) return;
  if (++visits == where.visits) std::raise(SIGKILL);
}

/// Runs before main().
const bool is_watching = [] {
  verge::watch_kill_points(end_here_if_told);
  return true;
}();

}  // namespace
