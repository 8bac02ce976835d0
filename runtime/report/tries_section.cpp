#include "runtime/report/tries_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/results/repeated.hpp"

namespace verge::report {
namespace {

std::string percent_cell(const std::optional<double>& share) {
  return share ? cell(fmt::format("{:.2f} %", 100.0 * *share)) : cell(absent, "none");
}

std::string row_of(const arm_results& arm, std::size_t number) {
  const auto& one = arm.tries[number];
  const auto accuracy = one.statistics(&arm_summary::final_accuracy);
  const auto best = one.statistics(&arm_summary::best_accuracy);
  const auto mean = [](const auto& found) {
    return found ? std::optional(found->mean) : std::nullopt;
  };
  auto row = "<tr>" + row_header(arm.arm);
  row += cell(one.tried.empty() ? "as it is" : escape_html(tried_text(one.tried)), "text wrap");
  row += cell(fmt::format("{}", one.counted().size()));
  row += percent_cell(mean(accuracy));
  row += percent_cell(accuracy ? accuracy->deviation : std::nullopt);
  row += percent_cell(mean(best));
  row += number == arm.chosen ? cell("<b>yes</b>") : cell("");
  return row + "</tr>\n";
}

std::string how_many(const std::vector<arm_results>& arms) {
  std::vector<std::string> words;
  for (const auto& arm : arms)
    words.push_back(fmt::format("{} {}", escape_html(arm.arm), arm.tries.size()));
  const bool are_equal = std::all_of(arms.begin(), arms.end(), [&](const auto& arm) {
    return arm.tries.size() == arms[0].tries.size();
  });
  if (are_equal) return fmt::format("Each arm had {} tries.", arms[0].tries.size());
  return fmt::format("The arms had different numbers of tries: {}.", enumeration(words));
}

std::string table_of(const run_record& run) {
  const auto arms = results_by_arm(run.summary);
  if (std::none_of(arms.begin(), arms.end(),
                   [](const auto& arm) { return !arm.best().tried.empty(); }))
    return {};
  std::string rows;
  for (const auto& arm : arms)
    for (std::size_t i = 0; i < arm.tries.size(); ++i) rows += row_of(arm, i);
  const auto head =
      "<tr>" + first_column_header("arm") + "<th scope=\"col\" class=\"text\">tried</th>" +
      column_headers({"seeds", "mean final accuracy", "deviation", "mean of the best", "chosen"}) +
      "</tr>\n";
  return boxed_table("What was tried", head, rows,
                     how_many(arms) +
                         " All other tables and figures show the chosen ones: those of the best "
                         "mean final accuracy. They were "
                         "chosen on the test set, on which they are told, so these accuracies "
                         "flatter; the more so "
                         "the more tries there were.",
                     "tall fit");
}

}  // namespace

std::string tries_section(const std::vector<run_record>& runs) {
  return section_by_run("tries-title", "What was tried", runs, table_of);
}

}  // namespace verge::report
