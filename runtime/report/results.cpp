#include "report/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "human_units.hpp"
#include "report/html_table.hpp"
#include "report/page.hpp"
#include "report/units.hpp"

namespace verge::report {
namespace {

/// Two digits after the point in every row, so that the points stand in a line.
std::string aligned_percent_cell(std::optional<double> share, bool first = false) {
  const auto text = share ? fmt::format("{:.2f} %", 100.0 * *share) : std::string(absent);
  return cell(text, first ? "edge" : "");
}

std::string epochs_cell(std::optional<double> epochs) {
  return epochs ? cell(fmt::format("{:.2f}", *epochs)) : cell(absent, "none");
}

/// The cells about the target; one over all of them where there is nothing to tell.
std::string target_cells(const arm_summary& arm, bool has_target, bool with_modelled_time) {
  if (!has_target || !arm.rounds_to_target) {
    return fmt::format("<td colspan=\"{}\" class=\"edge none over\">{}</td>",
                       with_modelled_time ? 5 : 4, has_target ? "not reached" : absent);
  }
  auto cells = cell(count_text(*arm.rounds_to_target), "edge");
  cells += epochs_cell(arm.epochs_to_target);
  cells += bytes_cell(arm.bytes_up_to_target) + bytes_cell(arm.bytes_down_to_target);
  if (with_modelled_time) {
    const auto& seconds = arm.virtual_seconds_to_target;
    cells += seconds ? cell(seconds_text(*seconds)) : cell(absent, "none");
  }
  return cells;
}

bool has_codec(const arm_summary& arm) {
  return arm.codec_up != "none" || arm.codec_down != "model";
}

/// Bytes that an update which counted took; those of updates that did not count are spread over it.
struct update_cost {
  double up = 0.0;
  double down = 0.0;

  double sum() const { return up + down; }
};

/// By arm; without arms that sent nothing or of which no update counted.
using update_costs = std::map<std::string, update_cost>;

update_costs update_costs_of(const std::vector<ledger_line>& ledger) {
  std::map<std::string, double> updates;
  update_costs costs;
  for (const auto& line : ledger) {
    updates[line.arm] += line.round.used;
    costs[line.arm].up += static_cast<double>(line.round.bytes_up);
    costs[line.arm].down += static_cast<double>(line.round.bytes_down);
  }
  std::erase_if(
      costs, [&](const auto& arm) { return updates[arm.first] == 0.0 || arm.second.sum() == 0.0; });
  for (auto& [arm, cost] : costs) {
    cost.up /= updates[arm];
    cost.down /= updates[arm];
  }
  return costs;
}

std::optional<update_cost> cost_without_codecs(const run_summary& summary,
                                               const update_costs& costs,
                                               const std::string& strategy) {
  for (const auto& arm : summary.arms) {
    if (arm.strategy != strategy || has_codec(arm)) continue;
    if (const auto cost = costs.find(arm.name); cost != costs.end()) return cost->second;
  }
  return std::nullopt;
}

/// How many times fewer bytes than without codecs: together, and each way below it.
std::string saving_cell(const run_summary& summary, const update_costs& costs,
                        const arm_summary& arm) {
  const auto plain = cost_without_codecs(summary, costs, arm.strategy);
  const auto cost = costs.find(arm.name);
  if (!plain || cost == costs.end()) return cell(absent, "none");
  const auto times = [](double without, double with) {
    return with > 0.0 ? times_text(without / with) : std::string(absent);
  };
  return fmt::format("<td>{}<br><small>up {}<br>down {}</small></td>",
                     times(plain->sum(), cost->second.sum()), times(plain->up, cost->second.up),
                     times(plain->down, cost->second.down));
}

/// The way up stays in one line with the stroke after it.
std::string codecs_cell(const arm_summary& arm) {
  return cell(escape_html(arm.codec_up) + "\u00a0/ " + escape_html(arm.codec_down), "text wrap");
}

std::string results_head(const run_summary& summary, bool with_modelled_time, bool with_savings) {
  const auto target =
      summary.target_accuracy
          ? fmt::format("until {} accuracy", unbroken(percent_text(*summary.target_accuracy)))
          : std::string("until the target (none set)");
  auto head = "<tr>" + arm_column_header(2);
  head += "<th scope=\"col\" rowspan=\"2\" class=\"text\">strategy</th>";
  head += "<th scope=\"col\" rowspan=\"2\" class=\"text\">codec up / down</th>";
  if (with_savings) head += "<th scope=\"col\" rowspan=\"2\">fewer bytes</th>";
  head += fmt::format(
      "<th scope=\"colgroup\" colspan=\"{}\" class=\"group\">{}</th>"
      "<th scope=\"colgroup\" colspan=\"7\" class=\"group\">over the whole run</th></tr>\n<tr>",
      with_modelled_time ? 5 : 4, target);
  head += column_headers({"rounds", "epochs", "bytes up", "bytes down"});
  if (with_modelled_time) head += column_headers({"modelled time"});
  head += column_headers({"final accuracy", "best accuracy", "rounds", "epochs", "bytes up",
                          "bytes down", "wall time"});
  return head + "</tr>\n";
}

/// "reached 80 % after 72 rounds (1.53 epochs) and 2.4 GB sent"
std::string way_to_target(const arm_summary& arm, double target) {
  if (!arm.rounds_to_target) return "did not reach " + unbroken(percent_text(target));
  const auto rounds = *arm.rounds_to_target;
  auto words = fmt::format("reached {} after {} round{}", unbroken(percent_text(target)),
                           count_text(rounds), rounds == 1 ? "" : "s");
  if (arm.epochs_to_target) {
    const auto epochs = decimal_text(*arm.epochs_to_target);
    words += fmt::format(" ({} epoch{})", epochs, epochs == "1" ? "" : "s");
  }
  const auto bytes = arm.bytes_up_to_target.value_or(0) + arm.bytes_down_to_target.value_or(0);
  if (bytes > 0) words += fmt::format(" and {} sent", unbroken(bytes_text(bytes)));
  return words;
}

}  // namespace

std::string results_in_words(const run_summary& summary) {
  std::string list = "<ul class=\"words\">\n";
  for (const auto& arm : summary.arms) {
    auto words = fmt::format("<b>{}</b> ", escape_html(arm.name));
    if (summary.target_accuracy) words += way_to_target(arm, *summary.target_accuracy) + "; it ";
    words += arm.final_accuracy ? "ended at " + unbroken(percent_text(*arm.final_accuracy))
                                : std::string("was never evaluated");
    if (arm.final_accuracy && arm.best_accuracy) {
      words += *arm.best_accuracy > *arm.final_accuracy
                   ? fmt::format(", with {} at best", unbroken(percent_text(*arm.best_accuracy)))
                   : std::string(", its best");
    }
    if (arm.stopped_early) words += ", where it was stopped before its planned end";
    list += fmt::format("<li>{}.</li>\n", words);
  }
  return list + "</ul>\n";
}

std::string results_table(const run_summary& summary, const std::vector<ledger_line>& ledger) {
  const bool with_modelled_time =
      std::any_of(summary.arms.begin(), summary.arms.end(),
                  [](const arm_summary& arm) { return arm.virtual_seconds_to_target.has_value(); });
  const bool with_savings = std::any_of(summary.arms.begin(), summary.arms.end(), has_codec);
  const auto costs = update_costs_of(ledger);
  std::string rows;
  const bool norms_differ =
      std::any_of(summary.arms.begin(), summary.arms.end(),
                  [&](const arm_summary& arm) { return arm.norm != summary.arms[0].norm; });
  for (const auto& arm : summary.arms) {
    auto strategy = escape_html(arm.strategy);
    std::replace(strategy.begin(), strategy.end(), '_', ' ');
    if (norms_differ)
      strategy += fmt::format("<br><small>{}</small>",
                              arm.norm == "none" ? "no norm" : escape_html(arm.norm) + " norm");
    rows += "<tr>" + arm_header(arm.name, arm.stopped_early) + cell(strategy, "text");
    rows += codecs_cell(arm);
    if (with_savings) rows += saving_cell(summary, costs, arm);
    rows += target_cells(arm, summary.target_accuracy.has_value(), with_modelled_time);
    rows +=
        aligned_percent_cell(arm.final_accuracy, true) + aligned_percent_cell(arm.best_accuracy);
    rows += cell(count_text(arm.rounds)) + epochs_cell(arm.epochs);
    rows += bytes_cell(arm.bytes_up) + bytes_cell(arm.bytes_down);
    rows += cell(seconds_text(arm.wall_seconds)) + "</tr>\n";
  }
  std::string note =
      "Bytes are those of all devices together: up is from the devices to the server, "
      "down the other way. Accuracy is that on the test set.";
  if (with_savings) {
    note +=
        " Fewer bytes are per round and device: the bytes of an update that counted, up and down "
        "together, in the first arm of the same strategy without codecs, divided by those in this "
        "arm; a dash where there is no such arm. The first download of a device is a whole model, "
        "which weighs the more the fewer the rounds are.";
  }
  return boxed_table("Results of each arm", results_head(summary, with_modelled_time, with_savings),
                     rows, note);
}

std::string models_table(const run_summary& summary) {
  std::string rows;
  for (const auto& arm : summary.arms) {
    rows += "<tr>" + arm_header(arm.name) + cell(escape_html(arm.model_sha256), "text hash") +
            "</tr>\n";
  }
  return boxed_table(
      "Trained models",
      "<tr>" + arm_column_header() +
          "<th scope=\"col\" class=\"text\">trained model (model_sha256)</th></tr>\n",
      rows,
      "SHA-256 over parameters and buffers: runs with equal hashes ended on the same "
      "model to the bit.",
      "fit");
}

}  // namespace verge::report
