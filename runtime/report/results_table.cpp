#include "runtime/report/results_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/human_units.hpp"
#include "runtime/results/repeated.hpp"

namespace verge::report {
namespace {

/// A mean in percent with its deviation, if any. Every row has two digits after the point, so that
/// the points are aligned.
std::string percent_of(const mean_and_deviation& share) {
  return share.deviation
             ? fmt::format("{:.2f} ± {:.2f} %", 100.0 * share.mean, 100.0 * *share.deviation)
             : fmt::format("{:.2f} %", 100.0 * share.mean);
}

std::string percent_cell(const std::optional<mean_and_deviation>& share, bool first = false) {
  return cell(share ? percent_of(*share) : std::string(absent), first ? "edge" : "");
}

std::string count_of(double count) {
  return count_text(static_cast<std::uint64_t>(std::llround(count)));
}
std::string epochs_of(double epochs) {
  return fmt::format("{:.2f}", epochs);
}
std::string bytes_of(double bytes) {
  return bytes_text(static_cast<std::uint64_t>(std::llround(bytes)));
}

std::string mean_bytes_cell(const mean_and_deviation& bytes) {
  return bytes_cell(static_cast<std::uint64_t>(std::llround(bytes.mean)));
}

/// "9–12", with the number of trainings that reached the target where not all did.
template <class Value>
std::string range_of(const try_results& one, Value value_of, std::string (*text_of)(double)) {
  return reached_text(one.to_target(value_of), one.counted().size(), text_of, absent);
}

/// A range of bytes. Where it is a single value of all trainings, it is written like a mean.
template <class Value>
std::string bytes_range_cell(const try_results& one, Value value_of) {
  const auto found = one.to_target(value_of);
  if (found.range && found.range->least == found.range->most &&
      found.reached == one.counted().size())
    return bytes_cell(static_cast<std::uint64_t>(std::llround(found.range->least)));
  return cell(range_of(one, value_of, bytes_of), found.range ? "" : "none");
}

bool is_begun(const try_results& one) {
  return std::any_of(one.trainings.begin(), one.trainings.end(), [](const auto* training) {
    return training->status != arm_status::unfinished || training->rounds > 0;
  });
}

/// True where no training of the try has ended in any way, so that its numbers are not final.
bool goes_on(const try_results& one) {
  return one.counted().front()->status == arm_status::unfinished;
}

/// The cells about the target; a single cell across their columns where no training reached it.
std::string target_cells(const try_results& one, bool has_target, bool with_modelled_time) {
  if (!has_target || one.to_target(&arm_summary::rounds_to_target).reached == 0) {
    return fmt::format("<td colspan=\"{}\" class=\"edge none over\">{}</td>",
                       with_modelled_time ? 5 : 4,
                       !has_target || !is_begun(one) ? absent
                       : goes_on(one)                ? "not reached so far"
                                                     : "not reached");
  }
  auto cells = cell(range_of(one, &arm_summary::rounds_to_target, count_of), "edge");
  cells += cell(range_of(one, &arm_summary::epochs_to_target, epochs_of));
  cells += bytes_range_cell(one, &arm_summary::bytes_up_to_target) +
           bytes_range_cell(one, &arm_summary::bytes_down_to_target);
  if (with_modelled_time) {
    const auto seconds = range_of(one, &arm_summary::virtual_seconds_to_target, seconds_text);
    cells += cell(seconds, seconds == absent ? "none" : "");
  }
  return cells;
}

/// True where all runs have the same target, or none has one.
bool has_one_target(const std::vector<run_record>& runs) {
  return std::all_of(runs.begin(), runs.end(), [&](const auto& run) {
    return run.summary.target_accuracy == runs[0].summary.target_accuracy;
  });
}

/// Decides which optional columns the table has.
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
  for (const auto& arm : results_by_arm(run.summary)) {
    const auto& best = arm.best();
    rows += "<tr>" + row_header(arm.arm, remark_on(best));
    rows += target_cells(best, target.has_value(), columns.modelled_time);
    rows += percent_cell(best.statistics(&arm_summary::final_accuracy), true) +
            percent_cell(best.statistics(&arm_summary::best_accuracy));
    rows += cell(count_of(best.statistics(&arm_summary::rounds)->mean)) +
            cell(epochs_of(best.statistics(&arm_summary::epochs)->mean));
    rows += mean_bytes_cell(*best.statistics(&arm_summary::bytes_up)) +
            mean_bytes_cell(*best.statistics(&arm_summary::bytes_down));
    rows += cell(seconds_text(best.statistics(&arm_summary::wall_seconds)->mean)) + "</tr>\n";
  }
  return rows;
}

std::optional<std::uint64_t> bytes_to_target(const arm_summary& arm) {
  if (!arm.rounds_to_target) return std::nullopt;
  return arm.bytes_up_to_target.value_or(0) + arm.bytes_down_to_target.value_or(0);
}

/// "9–12", without the number of trainings, which the sentence says once.
std::string plain_range(const std::optional<value_range>& range, std::string (*text_of)(double)) {
  return reached_text({range, 1}, 1, text_of, absent);
}

/// "reached 80 % after 72 rounds (1.53 epochs) and 2.4 GB sent"
std::string way_to_target(const try_results& one, double target) {
  const auto rounds = one.to_target(&arm_summary::rounds_to_target);
  const auto percent = unbroken(percent_text(target));
  if (!rounds.range) return (goes_on(one) ? "has not yet reached " : "did not reach ") + percent;
  const auto rounds_text = plain_range(rounds.range, count_of);
  auto words = fmt::format("reached {} after {} round{}", percent, rounds_text,
                           rounds_text == "1" ? "" : "s");
  const auto epochs = one.to_target(&arm_summary::epochs_to_target).range;
  if (epochs) {
    const auto text = plain_range(epochs, [](double value) { return decimal_text(value); });
    words += fmt::format(" ({} epoch{})", text, text == "1" ? "" : "s");
  }
  const auto bytes = one.to_target(bytes_to_target).range;
  if (bytes && bytes->most > 0.0)
    words += fmt::format(" and {} sent", unbroken(plain_range(bytes, bytes_of)));
  if (rounds.reached < one.counted().size())
    words += fmt::format(" with {} of {} seeds", rounds.reached, one.counted().size());
  return words;
}

/// The end of the arm's sentence, after its accuracy.
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

/// The same for all trainings of a try.
std::string how_it_ended(const try_results& one) {
  if (one.trainings.size() == 1) return how_it_ended(*one.trainings[0]);
  const auto remark = remark_on(one);
  return remark.empty() ? std::string{} : ", of its trainings " + escape_html(remark);
}

/// A sentence on rounds that were not committed.
std::string what_was_missed(const try_results& one) {
  std::uint64_t missed = 0, rounds = 0;
  for (const auto* training : one.trainings) {
    missed += training->rounds_abandoned;
    rounds += training->rounds;
  }
  if (missed == 0) return {};
  return fmt::format(" {} of its {} rounds missed {} quorum.", count_text(missed),
                     count_text(rounds), missed == 1 ? "its" : "their");
}

std::string accuracy_words(const mean_and_deviation& share) {
  return unbroken(share.deviation ? percent_of(share) : percent_text(share.mean));
}

std::string sentence_on(const run_record& run, const arm_results& arm) {
  const auto& target = run.summary.target_accuracy;
  const auto& best = arm.best();
  const auto final_accuracy = best.statistics(&arm_summary::final_accuracy);
  const auto best_accuracy = best.statistics(&arm_summary::best_accuracy);
  auto words = fmt::format("<b>{}</b> ", escape_html(run.label_of(arm.arm)));
  if (!is_begun(best)) return fmt::format("<li>{}has not begun.</li>\n", words);
  if (!best.tried.empty())
    words += fmt::format("with {}, {} of {} tries{}, ", escape_html(tried_text(best.tried)),
                         arm.has_ended() ? "the best" : "one", arm.tries.size(),
                         arm.has_ended() ? "" : " none of which has ended");
  if (target) words += way_to_target(best, *target) + "; it ";
  words += final_accuracy
               ? (goes_on(best) ? "is at " : "ended at ") + accuracy_words(*final_accuracy)
           : goes_on(best) ? std::string("has not been evaluated yet")
                           : std::string("was never evaluated");
  if (final_accuracy && best_accuracy) {
    words += best_accuracy->mean > final_accuracy->mean
                 ? fmt::format(", with {} at best", accuracy_words(*best_accuracy))
                 : std::string(", its best");
  }
  words += how_it_ended(best);
  return fmt::format("<li>{}.{}</li>\n", words, what_was_missed(best));
}

/// Explains the numbers where arms are trained more than once.
std::string note_on_seeds(const std::vector<run_record>& runs) {
  if (std::none_of(runs.begin(), runs.end(), [](const auto& run) { return repeats(run.summary); }))
    return {};
  return " Of several seeds accuracies are means with the standard deviation of the sample, what "
         "it took to the "
         "target is a range, and the rest are means.";
}

}  // namespace

std::string results_in_words(const std::vector<run_record>& runs) {
  std::string list = "<ul class=\"words\">\n";
  for (const auto& run : runs)
    for (const auto& arm : results_by_arm(run.summary)) list += sentence_on(run, arm);
  return list + "</ul>\n";
}

std::string results_table(const std::vector<run_record>& runs) {
  const results_columns columns(runs);
  std::string rows;
  for (const auto& run : runs) rows += rows_of(run, columns);
  std::string note =
      "Bytes are those of all devices together: up is from the devices to the server, "
      "down the other way. Accuracy is that on the test set.";
  note += note_on_seeds(runs);
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
