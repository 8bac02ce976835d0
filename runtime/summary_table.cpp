#include "verge/runtime/summary_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace verge {
namespace {

constexpr std::size_t columns = 10;
using table_row = std::array<std::string, columns>;

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : "-";
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / 1e6);
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

  std::array<std::size_t, columns> widths{};
  for (const table_row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const table_row& row : rows) {
    // Names to the left, numbers to the right.
    text += fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < columns; ++i) text += fmt::format("  {:>{}}", row[i], widths[i]);
    text += '\n';
  }
  const bool any_stopped = std::any_of(summary.arms.begin(), summary.arms.end(),
                                       [](const arm_summary& arm) { return arm.stopped_early; });
  if (any_stopped) text += "* stopped before its planned end\n";
  return text;
}

}  // namespace verge
