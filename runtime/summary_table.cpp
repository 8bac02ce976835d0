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

std::string duration(const std::optional<double>& seconds) {
  return seconds ? duration_text(std::chrono::duration<double>{*seconds}) : "-";
}

table_row row_of(const arm_summary& arm) {
  return {arm.name + (arm.stopped_early ? "*" : ""),
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

}  // namespace

std::string summary_table(const run_summary& summary) {
  std::string to_target = "to target";
  if (summary.target_accuracy)
    to_target = fmt::format("to {:.4g} %", *summary.target_accuracy * 100);
  std::vector<table_row> rows{{"arm", "rounds", "epochs", "final accuracy", "best",
                               "rounds " + to_target, "epochs " + to_target, "MB up", "MB down",
                               "seconds"}};
  for (const arm_summary& arm : summary.arms) rows.push_back(row_of(arm));
  const auto has_modelled = [](const arm_summary& arm) {
    return arm.virtual_seconds_to_target.has_value();
  };
  if (std::any_of(summary.arms.begin(), summary.arms.end(), has_modelled)) {
    rows[0].push_back("modelled time " + to_target);
    for (std::size_t i = 0; i < summary.arms.size(); ++i)
      rows[i + 1].push_back(duration(summary.arms[i].virtual_seconds_to_target));
  }

  auto text = text_table(rows);
  const bool any_stopped = std::any_of(summary.arms.begin(), summary.arms.end(),
                                       [](const arm_summary& arm) { return arm.stopped_early; });
  if (any_stopped) text += "* stopped before its planned end\n";
  return text;
}

}  // namespace verge
