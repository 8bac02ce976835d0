#include "runtime/report/codecs_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/repeated.hpp"

namespace verge::report {
namespace {

bool has_codec(const arm_summary& arm) {
  return arm.codec_up != "none" || arm.codec_down != "model";
}

/// Bytes per update that counted. The bytes of updates that did not count are spread over these.
struct update_cost {
  double up = 0.0;
  double down = 0.0;

  double sum() const { return up + down; }
};

/// Costs by arm, without arms that sent nothing or had no update that counted.
using update_costs = std::map<std::string, update_cost>;

update_costs update_costs_of(const run_record& run) {
  const auto arms = arms_by_counted_training(run.summary);
  std::map<std::string, double> updates;
  update_costs costs;
  for (const auto& line : run.ledger) {
    const auto arm = arms.find(line.arm);
    if (arm == arms.end()) continue;
    updates[arm->second] += line.round.used;
    costs[arm->second].up += static_cast<double>(line.round.bytes_up);
    costs[arm->second].down += static_cast<double>(line.round.bytes_down);
  }
  std::erase_if(
      costs, [&](const auto& arm) { return updates[arm.first] == 0.0 || arm.second.sum() == 0.0; });
  for (auto& [arm, cost] : costs) {
    cost.up /= updates[arm];
    cost.down /= updates[arm];
  }
  return costs;
}

/// The run's first arm with this strategy and without codecs that sent something; null if there is
/// none.
const arm_summary* arm_without_codecs(const std::vector<arm_summary>& arms,
                                      const update_costs& costs, const std::string& strategy) {
  for (const auto& arm : arms)
    if (arm.strategy == strategy && !has_codec(arm) && costs.contains(arm.name)) return &arm;
  return nullptr;
}

std::string times_cell(double without, double with) {
  return with > 0.0 && without > 0.0 ? cell(times_text(without / with)) : cell(absent, "none");
}

/// The change in percentage points, because shares are compared by their difference.
std::string accuracy_change_cell(const std::optional<double>& plain,
                                 const std::optional<double>& best) {
  if (!plain || !best) return cell(absent, "none");
  const auto points = 100.0 * (*best - *plain);
  return cell(fmt::format("{}{:.2f}",
                          points < -0.005  ? "−"
                          : points > 0.005 ? "+"
                                           : "",
                          std::abs(points)));
}

std::string row_of(const std::vector<arm_summary>& arms, const update_costs& costs,
                   const arm_summary& arm) {
  const auto& cost = costs.at(arm.name);
  auto row = "<tr>" + row_header(arm.name, remark_on(arm)) +
             cell(escape_html(arm.codec_up), "text wrap") +
             cell(escape_html(arm.codec_down), "text wrap");
  for (const double bytes : {cost.up, cost.down})
    row += bytes_cell(static_cast<std::uint64_t>(std::llround(bytes)));
  const auto* plain = arm_without_codecs(arms, costs, arm.strategy);
  if (plain == nullptr || plain == &arm) {
    row += fmt::format(
        "<td colspan=\"4\" class=\"edge none over\">{}</td>",
        plain == nullptr ? "nothing to hold it against" : "the others are held against this");
    return row + "</tr>\n";
  }
  const auto& from = costs.at(plain->name);
  row += times_cell(from.sum(), cost.sum()) + times_cell(from.up, cost.up) +
         times_cell(from.down, cost.down);
  return row + accuracy_change_cell(plain->best_accuracy, arm.best_accuracy) + "</tr>\n";
}

std::string table_of(const run_record& run) {
  const auto arms = means_by_arm(run.summary);
  if (std::none_of(arms.begin(), arms.end(), has_codec)) return {};
  const auto costs = update_costs_of(run);
  std::string rows;
  for (const auto& arm : arms)
    if (costs.contains(arm.name)) rows += row_of(arms, costs, arm);
  if (rows.empty()) return {};
  const auto head =
      "<tr>" + first_column_header("arm", 2) +
      "<th scope=\"colgroup\" colspan=\"2\" class=\"group\">codec</th>"
      "<th scope=\"colgroup\" colspan=\"2\" class=\"group\">bytes of an update</th>"
      "<th scope=\"colgroup\" colspan=\"3\" class=\"group\">times fewer bytes</th>"
      "<th scope=\"col\" rowspan=\"2\" class=\"group\">best accuracy,<br>"
      "change in points</th></tr>\n"
      "<tr><th scope=\"col\" class=\"text\">up</th><th scope=\"col\" class=\"text\">down</th>" +
      column_headers({"up", "down", "both", "up", "down"}) + "</tr>\n";
  return boxed_table(
      "What codecs save", head, rows,
      "Bytes of an update are per round and device: all that was sent, divided by the updates that "
      "counted. An arm is held against the run's first of the same strategy without codecs. The "
      "first download of a device is a whole model, which weighs the more the fewer the rounds "
      "are.",
      "fit");
}

}  // namespace

std::string codecs_section(const std::vector<run_record>& runs) {
  return section_by_run("codecs-title", "What codecs save", runs, table_of);
}

}  // namespace verge::report
