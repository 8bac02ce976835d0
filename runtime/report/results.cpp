#include "report/results.hpp"

#include <fmt/format.h>

#include <algorithm>
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

bool is_begun(const arm_summary& arm) {
  return arm.status != arm_status::unfinished || arm.rounds > 0;
}

/// The cells about the target; one over all of them where there is nothing to tell.
std::string target_cells(const arm_summary& arm, bool has_target, bool with_modelled_time) {
  if (!has_target || !arm.rounds_to_target) {
    return fmt::format("<td colspan=\"{}\" class=\"edge none over\">{}</td>",
                       with_modelled_time ? 5 : 4,
                       !has_target || !is_begun(arm)          ? absent
                       : arm.status == arm_status::unfinished ? "not reached so far"
                                                              : "not reached");
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

/// The same in all runs?
bool has_one_target(const std::vector<run_record>& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const auto& run) {
    return run.summary.target_accuracy == runs[0].summary.target_accuracy;
  });
}

/// Which columns there are, which is the same for all rows.
struct results_columns {
  bool one_target = true;
  bool modelled_time = false;

  explicit results_columns(const std::vector<run_record>& runs) : one_target(has_one_target(runs)) {
    for (const auto& run : runs)
      for (const auto& arm : run.summary.arms)
        modelled_time = modelled_time || arm.virtual_seconds_to_target.has_value();
  }

  std::size_t of_target() const { return modelled_time ? 5 : 4; }
  std::size_t count() const { return 1 + of_target() + 7; }
};

std::string until_target(const std::optional<double>& target) {
  return target ? fmt::format("until {} accuracy", unbroken(percent_text(*target)))
                : std::string("until the target (none set)");
}

std::string results_head(const std::vector<run_record>& runs, const results_columns& columns) {
  auto head = "<tr>" + first_column_header("arm", 2);
  head += fmt::format(
      "<th scope=\"colgroup\" colspan=\"{}\" class=\"group\">{}</th>"
      "<th scope=\"colgroup\" colspan=\"7\" class=\"group\">over the whole run</th></tr>\n<tr>",
      columns.of_target(),
      columns.one_target ? until_target(runs[0].summary.target_accuracy)
                         : std::string("until the target of the run"));
  head += column_headers({"rounds", "epochs", "bytes up", "bytes down"});
  if (columns.modelled_time) head += column_headers({"modelled time"});
  head += column_headers({"final accuracy", "best accuracy", "rounds", "epochs", "bytes up",
                          "bytes down", "wall time"});
  return head + "</tr>\n";
}

std::string rows_of(const run_record& run, const results_columns& columns) {
  const auto& target = run.summary.target_accuracy;
  const auto remark = columns.one_target ? std::string{}
                      : target           ? "target " + unbroken(percent_text(*target))
                                         : std::string("no target");
  auto rows = run_row(run.label, remark, columns.count());
  for (const auto& arm : run.summary.arms) {
    rows += "<tr>" + row_header(arm.name, remark_on(arm));
    rows += target_cells(arm, target.has_value(), columns.modelled_time);
    rows +=
        aligned_percent_cell(arm.final_accuracy, true) + aligned_percent_cell(arm.best_accuracy);
    rows += cell(count_text(arm.rounds)) + epochs_cell(arm.epochs);
    rows += bytes_cell(arm.bytes_up) + bytes_cell(arm.bytes_down);
    rows += cell(seconds_text(arm.wall_seconds)) + "</tr>\n";
  }
  return rows;
}

/// "reached 80 % after 72 rounds (1.53 epochs) and 2.4 GB sent"
std::string way_to_target(const arm_summary& arm, double target) {
  if (!arm.rounds_to_target)
    return (arm.status == arm_status::unfinished ? "has not yet reached " : "did not reach ") +
           unbroken(percent_text(target));
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

/// Behind its accuracy; nothing of an arm that has had all its rounds.
std::string how_it_ended(const arm_summary& arm) {
  const auto rounds =
      fmt::format("after {} round{}", count_text(arm.rounds), arm.rounds == 1 ? "" : "s");
  switch (arm.status) {
    case arm_status::stopped:
      return ", where it was stopped before its planned end";
    case arm_status::failed:
      return fmt::format(", and failed {}: {}", rounds,
                         escape_html(arm.failure.value_or("it is not known why")));
    case arm_status::unfinished:
      return fmt::format(", unfinished {}: under way, or killed", rounds);
    case arm_status::ended:
      break;
  }
  return {};
}

/// Rounds that were not committed, in a sentence of their own.
std::string what_was_missed(const arm_summary& arm) {
  if (arm.rounds_abandoned == 0) return {};
  return fmt::format(" {} of its {} rounds missed {} quorum.", count_text(arm.rounds_abandoned),
                     count_text(arm.rounds), arm.rounds_abandoned == 1 ? "its" : "their");
}

std::string sentence_on(const run_record& run, const arm_summary& arm) {
  const auto& target = run.summary.target_accuracy;
  auto words = fmt::format("<b>{}</b> ", escape_html(run.label_of(arm.name)));
  if (!is_begun(arm)) return fmt::format("<li>{}has not begun.</li>\n", words);
  const bool is_unfinished = arm.status == arm_status::unfinished;
  if (target) words += way_to_target(arm, *target) + "; it ";
  words += arm.final_accuracy ? (is_unfinished ? "is at " : "ended at ") +
                                    unbroken(percent_text(*arm.final_accuracy))
           : is_unfinished ? std::string("has not been evaluated yet")
                           : std::string("was never evaluated");
  if (arm.final_accuracy && arm.best_accuracy) {
    words += *arm.best_accuracy > *arm.final_accuracy
                 ? fmt::format(", with {} at best", unbroken(percent_text(*arm.best_accuracy)))
                 : std::string(", its best");
  }
  words += how_it_ended(arm);
  return fmt::format("<li>{}.{}</li>\n", words, what_was_missed(arm));
}

}  // namespace

std::string results_in_words(const std::vector<run_record>& runs) {
  std::string list = "<ul class=\"words\">\n";
  for (const auto& run : runs)
    for (const auto& arm : run.summary.arms) list += sentence_on(run, arm);
  return list + "</ul>\n";
}

std::string results_table(const std::vector<run_record>& runs) {
  const results_columns columns(runs);
  std::string rows;
  for (const auto& run : runs) rows += rows_of(run, columns);
  const auto note =
      "Bytes are those of all devices together: up is from the devices to the server, "
      "down the other way. Accuracy is that on the test set.";
  return boxed_table("Results of each arm", results_head(runs, columns), rows, note);
}

std::string models_table(const std::vector<run_record>& runs) {
  std::string rows;
  for (const auto& run : runs) {
    rows += run_row(run.label, "", 2);
    for (const auto& arm : run.summary.arms)
      rows += "<tr>" + row_header(arm.name, remark_on(arm)) +
              (arm.model_sha256.empty() ? cell(absent, "text none")
                                        : cell(escape_html(arm.model_sha256), "text hash")) +
              "</tr>\n";
  }
  return boxed_table(
      "Trained models",
      "<tr>" + first_column_header("arm") +
          "<th scope=\"col\" class=\"text\">trained model (model_sha256)</th></tr>\n",
      rows,
      "SHA-256 over parameters and buffers: arms with equal hashes ended on the same "
      "model to the bit.",
      "fit");
}

}  // namespace verge::report
