#include "runtime/results/summary_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "runtime/results/human_units.hpp"
#include "runtime/results/repeated.hpp"
#include "runtime/results/text_table.hpp"
#include "verge/actors/early_stop.hpp"

namespace verge {
namespace {

using table_row = std::vector<std::string>;

/// "88.50 ± 0.12 %", or "88.50 %" for a single training.
std::string percent(const std::optional<mean_and_deviation>& share) {
  if (!share) return "-";
  if (!share->deviation) return fmt::format("{:.2f} %", share->mean * 100);
  return fmt::format("{:.2f} ± {:.2f} %", share->mean * 100, *share->deviation * 100);
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

std::string mean(const std::optional<mean_and_deviation>& found, double unit, int decimals) {
  return found ? fmt::format("{:.{}f}", found->mean / unit, decimals) : "-";
}

template <class Value>
std::string to_target(const arm_results& arm, std::optional<Value> arm_summary::*member,
                      int decimals) {
  return reached_text(arm.best().to_target(member), arm.best().counted().size(),
                      [decimals](double value) { return fmt::format("{:.{}f}", value, decimals); });
}

constexpr double megabyte = 1e6;

table_row row_of(const arm_results& arm, bool with_tries) {
  const auto& best = arm.best();
  table_row row{arm.arm + mark_of(arm.status())};
  if (with_tries) row.push_back(fmt::format("{}", arm.tries.size()));
  for (auto cell : {mean(best.statistics(&arm_summary::rounds), 1.0, 0),
                    mean(best.statistics(&arm_summary::epochs), 1.0, 2),
                    percent(best.statistics(&arm_summary::final_accuracy)),
                    percent(best.statistics(&arm_summary::best_accuracy)),
                    to_target(arm, &arm_summary::rounds_to_target, 0),
                    to_target(arm, &arm_summary::epochs_to_target, 2),
                    mean(best.statistics(&arm_summary::bytes_up), megabyte, 1),
                    mean(best.statistics(&arm_summary::bytes_down), megabyte, 1),
                    mean(best.statistics(&arm_summary::wall_seconds), 1.0, 1)})
    row.push_back(std::move(cell));
  return row;
}

std::string duration(double seconds) {
  return duration_text(std::chrono::duration<double>{seconds});
}

/// Adds a column, if any arm has a value for it.
template <class Text>
void add_durations(std::vector<table_row>& rows, const std::vector<arm_results>& arms,
                   const std::string& head, std::optional<double> arm_summary::*seconds,
                   Text text_of) {
  if (std::none_of(arms.begin(), arms.end(),
                   [&](const auto& arm) { return arm.best().statistics(seconds); }))
    return;
  rows[0].push_back(head);
  for (std::size_t i = 0; i < arms.size(); ++i) rows[i + 1].push_back(text_of(arms[i]));
}

void add_modelled_time(std::vector<table_row>& rows, const std::vector<arm_results>& arms,
                       const std::string& to_target) {
  const auto whole = &arm_summary::virtual_seconds;
  add_durations(rows, arms, "modelled time", whole, [&](const auto& arm) {
    const auto found = arm.best().statistics(whole);
    return found ? duration(found->mean) : std::string("-");
  });
  const auto until = &arm_summary::virtual_seconds_to_target;
  add_durations(rows, arms, "modelled " + to_target, until, [&](const auto& arm) {
    return reached_text(arm.best().to_target(until), arm.best().counted().size(), duration);
  });
}

/// The lines below the table, which explain its numbers.
std::string notes_on(const std::vector<arm_results>& arms) {
  std::string notes;
  std::size_t seeds = 0;
  for (const auto& arm : arms) seeds = std::max(seeds, arm.best().counted().size());
  if (seeds > 1)
    notes += fmt::format("{} seeds: means, accuracies with the standard deviation of the sample\n",
                         seeds);
  for (const auto& arm : arms)
    if (arm.best().counted().size() < seeds)
      notes += fmt::format("{}: of {} seed{}\n", arm.arm, arm.best().counted().size(),
                           arm.best().counted().size() == 1 ? "" : "s");
  for (const auto& arm : arms)
    if (!arm.best().tried.empty())
      notes += arm.has_ended()
                   ? fmt::format("{}: {}, the best of {} by mean final accuracy on the test set\n",
                                 arm.arm, tried_text(arm.best().tried), arm.tries.size())
                   : fmt::format("{}: {}; none of its trainings has come to its end\n", arm.arm,
                                 tried_text(arm.best().tried));
  return notes;
}

}  // namespace

std::string summary_table(const run_summary& summary) {
  if (summary.arms.empty()) return "no arm has been trained\n";
  std::string to_target = "to target";
  if (summary.target_accuracy)
    to_target = fmt::format("to {:.4g} %", *summary.target_accuracy * 100);
  std::vector<table_row> rows{{"arm", "rounds", "epochs", "final accuracy", "best",
                               "rounds " + to_target, "epochs " + to_target, "MB up", "MB down",
                               "seconds"}};
  const auto arms = results_by_arm(summary);
  const bool with_tries =
      std::any_of(arms.begin(), arms.end(), [](const auto& arm) { return arm.tries.size() > 1; });
  if (with_tries) rows[0].insert(rows[0].begin() + 1, "tries");
  for (const auto& arm : arms) rows.push_back(row_of(arm, with_tries));
  add_modelled_time(rows, arms, to_target);

  auto text = text_table(rows) + notes_on(arms);
  const auto any = [&](arm_status status) {
    return std::any_of(summary.arms.begin(), summary.arms.end(),
                       [&](const arm_summary& arm) { return arm.status == status; });
  };
  if (any(arm_status::stopped)) text += "* stopped before its planned end\n";
  if (any(arm_status::unfinished)) text += "... unfinished: under way, or killed\n";
  for (const arm_summary& arm : summary.arms)
    if (arm.ended_by)
      text += fmt::format("{}: ended after round {}: {}\n", arm.name, arm.rounds,
                          *arm.ended_by == name_of(stop_rule::target)
                              ? "the target is reached (stop_at_target)"
                              : "no better test for as long as `patience` says");
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
