#include "verge/runtime/summary_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "human_units.hpp"
#include "text_table.hpp"

namespace verge {
namespace {

using table_row = std::vector<std::string>;

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : "-";
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6);
}

const char* mark_of(arm_status status) {
  switch (status) {
    case arm_status::stopped:
      return "*";
    case arm_status::failed:
      return "!";
    case arm_status::unfinished:
      return "...";
    case arm_status::ended:
      break;
  }
  return "";
}

table_row row_of(const arm_summary& arm) {
  return {arm.name + mark_of(arm.status),
          fmt::format("{}", arm.rounds),
          fmt::format("{:.2f}", arm.epochs),
          percent(arm.final_accuracy),
          percent(arm.best_accuracy),
          arm.rounds_to_target ? fmt::format("{}", *arm.rounds_to_target) : "-",
          arm.epochs_to_target ? fmt::format("{:.2f}", *arm.epochs_to_target) : "-",
          megabytes(arm.bytes_up),
          megabytes(arm.bytes_down),
          fmt::format("{:.1f}", arm.wall_seconds)};
}

/// A column more, where any arm has something for it.
void add_durations(std::vector<table_row>& rows, const std::vector<arm_summary>& arms,
                   const std::string& head, std::optional<double> arm_summary::*seconds) {
  if (std::none_of(arms.begin(), arms.end(), [&](const auto& arm) { return arm.*seconds; })) return;
  rows[0].push_back(head);
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const auto& here = arms[i].*seconds;
    rows[i + 1].push_back(here ? duration_text(std::chrono::duration<double>{*here}) : "-");
  }
}

}  // namespace

std::string summary_table(const run_summary& summary) {
  std::string to_target = "to target";
  if (summary.target_accuracy)
    to_target = fmt::format("to {:.4g} %", *summary.target_accuracy * 100);
  std::vector<table_row> rows{{"arm", "rounds", "epochs", "final accuracy", "best",
                               "rounds " + to_target, "epochs " + to_target, "MB up", "MB down",
                               "seconds"}};
  for (const arm_summary& arm : summary.arms) rows.push_back(row_of(arm));
  add_durations(rows, summary.arms, "modelled time", &arm_summary::virtual_seconds);
  add_durations(rows, summary.arms, "modelled " + to_target,
                &arm_summary::virtual_seconds_to_target);

  auto text = text_table(rows);
  const auto any = [&](arm_status status) {
    return std::any_of(summary.arms.begin(), summary.arms.end(),
                       [&](const arm_summary& arm) { return arm.status == status; });
  };
  if (any(arm_status::stopped)) text += "* stopped before its planned end\n";
  if (any(arm_status::unfinished)) text += "... unfinished: under way, or killed\n";
  for (const arm_summary& arm : summary.arms)
    if (arm.rounds_abandoned > 0)
      text += fmt::format("{}: {} of {} rounds missed their quorum\n", arm.name,
                          arm.rounds_abandoned, arm.rounds);
  for (const arm_summary& arm : summary.arms)
    if (arm.status == arm_status::failed)
      text += fmt::format("! {} has failed: {}\n", arm.name,
                          arm.failure.value_or("it is not known why"));
  return text;
}

}  // namespace verge
