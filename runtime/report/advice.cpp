#include "verge/runtime/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "runtime/results/human_units.hpp"
#include "runtime/results/repeated.hpp"
#include "runtime/results/run_so_far.hpp"
#include "runtime/results/text_table.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr double megabits_a_byte = 8e-6;

bool has_link(const cost_to_target& cost) {
  return cost.bytes_down + cost.bytes_up > 0.0;
}

/// The part of the time that does not depend on the link's rates.
double fixed_part(const cost_to_target& cost, double latency) {
  return cost.compute.count() + (has_link(cost) ? latencies_a_round * cost.rounds * latency : 0.0);
}

double seconds_for(double megabits, double rate) {
  return rate == 0.0 ? 0.0 : megabits / rate;
}

/// The cost of one training; unset where the target was not reached, or where the ledger lacks the
/// computation times.
std::optional<cost_to_target> cost_of(const arm_summary& arm,
                                      const std::vector<ledger_line>& ledger) {
  if (!arm.rounds_to_target) return std::nullopt;
  cost_to_target cost{arm.arm_name(), static_cast<double>(*arm.rounds_to_target)};
  cost.strategy = arm.strategy;
  std::replace(cost.strategy.begin(), cost.strategy.end(), '_', ' ');
  for (const auto& line : ledger) {
    if (line.arm != arm.name || line.round.round.value > *arm.rounds_to_target) continue;
    if (!line.round.compute) return std::nullopt;
    const double there = std::max(line.round.cohort - line.round.lost, 1u);
    cost.bytes_down += static_cast<double>(line.round.bytes_down) / there;
    cost.bytes_up += static_cast<double>(line.round.bytes_up) / there;
    cost.compute += *line.round.compute;
  }
  return cost;
}

/// The mean of at least one cost.
cost_to_target mean_of(const std::vector<cost_to_target>& costs) {
  if (costs.size() == 1) return costs[0];
  auto mean = costs[0];
  const auto count = static_cast<double>(costs.size());
  const auto average = [&](auto member) {
    for (std::size_t i = 1; i < costs.size(); ++i) mean.*member += costs[i].*member;
    mean.*member /= count;
  };
  average(&cost_to_target::rounds);
  average(&cost_to_target::bytes_down);
  average(&cost_to_target::bytes_up);
  average(&cost_to_target::compute);
  return mean;
}

}  // namespace

std::vector<cost_to_target> costs_to_target(const run_summary& summary,
                                            const std::vector<ledger_line>& ledger) {
  std::vector<cost_to_target> costs;
  for (const auto& arm : results_by_arm(summary)) {
    const auto trainings = arm.best().counted();
    std::vector<cost_to_target> of_seeds;
    for (const auto* one : trainings)
      if (auto cost = cost_of(*one, ledger)) of_seeds.push_back(std::move(*cost));
    if (of_seeds.size() == trainings.size()) costs.push_back(mean_of(of_seeds));
  }
  return costs;
}

std::vector<cost_to_target> distributed(std::vector<cost_to_target> costs) {
  std::erase_if(costs, [](const auto& one) { return !has_link(one); });
  return costs;
}

bool has_two_strategies(const std::vector<cost_to_target>& costs) {
  return std::any_of(costs.begin(), costs.end(),
                     [&](const auto& one) { return one.strategy != costs[0].strategy; });
}

double time_to_target(const cost_to_target& cost, const known_link& link, double latency) {
  return fixed_part(cost, latency) + seconds_for(megabits_a_byte * cost.bytes_down, link.down) +
         seconds_for(megabits_a_byte * cost.bytes_up, link.up);
}

// Over a link of u Mbit/s up, an arm needs fixed + slope / u seconds, a straight line in 1 / u. On
// the fastest link the arm with the smallest fixed part is first. Towards slower links, arms with
// smaller and smaller slopes take over.
std::vector<fastest_arm> fastest_arms(const std::vector<cost_to_target>& costs, double down_per_up,
                                      double latency) {
  if (costs.empty()) return {};
  const auto fixed = [&](std::size_t i) { return fixed_part(costs[i], latency); };
  const auto slope = [&](std::size_t i) {
    return megabits_a_byte * (costs[i].bytes_up + costs[i].bytes_down / down_per_up);
  };
  std::size_t first = 0;
  for (std::size_t i = 1; i < costs.size(); ++i)
    if (std::pair{fixed(i), slope(i)} < std::pair{fixed(first), slope(first)}) first = i;
  std::vector<fastest_arm> ranges;
  for (;;) {
    // The nearest intersection with the line of an arm that sends less; of several such arms there,
    // the one that sends least.
    double meeting = std::numeric_limits<double>::infinity();
    std::size_t next = first;
    for (std::size_t i = 0; i < costs.size(); ++i) {
      if (slope(i) >= slope(first)) continue;
      const double at = (fixed(i) - fixed(first)) / (slope(first) - slope(i));
      if (at < meeting || (at == meeting && slope(i) < slope(next))) {
        meeting = at;
        next = i;
      }
    }
    if (next == first) break;
    ranges.push_back({1.0 / meeting, first});
    first = next;
  }
  ranges.push_back({0.0, first});
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

namespace {

/// Three digits, or all digits before the point if there are more.
std::string rate_text(double megabits) {
  return megabits < 1000.0 ? fmt::format("{:.3g}", megabits) : fmt::format("{:.0f}", megabits);
}

/// Joins neighbouring ranges of the same name into one.
std::vector<range_in_words> ranges_in_words(const std::vector<cost_to_target>& costs,
                                            std::string cost_to_target::*name, double down_per_up,
                                            double latency) {
  auto ranges = fastest_arms(costs, down_per_up, latency);
  const auto name_of = [&](const fastest_arm& one) { return costs[one.arm].*name; };
  const auto same = [&](const auto& a, const auto& b) { return name_of(a) == name_of(b); };
  ranges.erase(std::unique(ranges.begin(), ranges.end(), same), ranges.end());
  std::vector<range_in_words> words;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto where = ranges.size() == 1 ? std::string{"at any rate"}
                       : i + 1 == ranges.size()
                           ? std::string{"above that"}
                           : fmt::format("up to {} Mbit/s up", rate_text(ranges[i + 1].above));
    words.emplace_back(name_of(ranges[i]), where);
  }
  return words;
}

}  // namespace

std::vector<range_in_words> fastest_arms_in_words(const std::vector<cost_to_target>& costs,
                                                  double down_per_up, double latency) {
  return ranges_in_words(costs, &cost_to_target::arm, down_per_up, latency);
}

std::vector<range_in_words> fastest_strategies_in_words(const std::vector<cost_to_target>& costs,
                                                        double down_per_up, double latency) {
  return ranges_in_words(costs, &cost_to_target::strategy, down_per_up, latency);
}

std::string advice_on(const std::filesystem::path& run_directory,
                      const std::vector<known_link>& more, double latency) {
  const auto run = read_run_so_far(run_directory);
  const auto& summary = run.summary;
  if (!summary.target_accuracy)
    throw bad_input(fmt::format("{}: the run had no target_accuracy, so no arm was the first at it",
                                run_directory.string()));
  const auto costs = costs_to_target(summary, run.ledger);
  auto text = fmt::format(
      "Time to {:.4g} % accuracy over links that are all alike, with {:.4g} s latency one way\n\n",
      *summary.target_accuracy * 100, latency);
  auto links = known_links();
  links.insert(links.end(), more.begin(), more.end());
  std::vector<std::string> heads{"arm"};
  for (const auto& link : links) heads.push_back(link.name);
  std::vector<std::vector<std::string>> rows{heads};
  for (const auto& arm : results_by_arm(summary)) {
    const auto remark = remark_on(arm.best());
    std::vector<std::string> row{remark.empty() ? arm.arm
                                                : fmt::format("{} ({})", arm.arm, remark)};
    const auto cost = std::find_if(costs.begin(), costs.end(),
                                   [&](const auto& one) { return one.arm == arm.arm; });
    for (const auto& link : links)
      row.push_back(cost == costs.end() ? "-"
                                        : duration_text(std::chrono::duration<double>{
                                              time_to_target(*cost, link, latency)}));
    rows.push_back(std::move(row));
  }
  text += text_table(rows) + '\n';
  const bool reached = std::any_of(summary.arms.begin(), summary.arms.end(),
                                   [](const auto& arm) { return arm.rounds_to_target; });
  if (repeats(summary))
    text +=
        "Times are those of the mean costs of an arm's seeds; an arm that missed the target with "
        "one of "
        "them has none.\n";
  if (reached && costs.empty() && !repeats(summary))
    return text +
           "The ledger does not say how long devices have computed: run the experiment again.\n";
  const auto choices = distributed(costs);
  if (choices.empty())
    return text + (!any_unfinished(summary.arms)
                       ? "No arm with devices reached the target.\n"
                       : "No arm with devices has reached the target yet.\n");
  if (choices.size() < costs.size())
    text += "A centralized arm needs all data in one place, and is none of the choices.\n";
  if (choices.size() == 1) return text;
  text +=
      fmt::format("Where a download is {} times as fast as an upload, the first at the target is\n",
                  usual_down_per_up);
  for (const auto& [arm, where] : fastest_arms_in_words(choices, usual_down_per_up, latency))
    text += fmt::format("  {} {}\n", arm, where);
  if (!has_two_strategies(choices)) return text;
  text += "and by strategy\n";
  for (const auto& [strategy, where] :
       fastest_strategies_in_words(choices, usual_down_per_up, latency))
    text += fmt::format("  {} {}\n", strategy, where);
  return text;
}

}  // namespace verge
