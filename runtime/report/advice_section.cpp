#include "runtime/report/advice_section.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/repeated.hpp"
#include "verge/runtime/advice.hpp"

namespace verge::report {
namespace {

constexpr double latency = usual_latency;

std::string row_of(const cost_to_target& cost, const std::vector<cost_to_target>& all) {
  auto row = "<tr>" + row_header(cost.arm);
  for (const auto& link : known_links()) {
    const double mine = time_to_target(cost, link, latency);
    const bool is_first =
        cost.bytes_up > 0.0 && std::all_of(all.begin(), all.end(), [&](const auto& other) {
          return mine <= time_to_target(other, link, latency);
        });
    const auto text = seconds_text(mine);
    row += cell(is_first ? fmt::format("<b>{}</b>", text) : text);
  }
  return row + "</tr>\n";
}

std::string in_words(const std::vector<range_in_words>& ranges) {
  std::string words;
  for (const auto& [who, where] : ranges)
    words += fmt::format("{}<b>{}</b> {}", words.empty() ? "" : ", ", escape_html(who), where);
  return words;
}

std::string advice_on_run(const run_record& run) {
  if (!run.summary.target_accuracy) return {};
  const auto costs = costs_to_target(run.summary, run.ledger);
  const auto choices = distributed(costs);
  if (choices.empty()) return {};
  std::vector<std::string> heads;
  for (const auto& link : known_links())
    heads.push_back(fmt::format("{} {:g}\u00a0/\u00a0{:g}", link.name, link.down, link.up));
  const std::vector<std::string_view> columns(heads.begin(), heads.end());
  std::string rows;
  for (const auto& cost : costs) rows += row_of(cost, choices);
  return fmt::format(
      "<p>Time until {} accuracy if each device had such a link (Mbit/s down / up, {:g} s latency "
      "one way) and "
      "the server's limited nobody. By rate of the uplink, with downloads {:g} times as fast, the "
      "first "
      "is {}{}.</p>\n{}",
      unbroken(percent_text(*run.summary.target_accuracy)), latency, usual_down_per_up,
      in_words(fastest_arms_in_words(choices, usual_down_per_up, latency)),
      has_two_strategies(choices) ? "; by strategy, " + in_words(fastest_strategies_in_words(
                                                            choices, usual_down_per_up, latency))
                                  : std::string{},
      boxed_table(
          "Time to the target by link",
          "<tr>" + first_column_header("arm") + column_headers(columns) + "</tr>\n", rows,
          "From the bytes, rounds and computation of this run: a round takes its download, the "
          "longest "
          "computation of a device, its upload and six latencies. Arms that did not reach the "
          "target are left out; the first over a link is bold. A centralized arm needs all data in "
          "one place, and is none "
          "of the choices." +
              std::string(
                  repeats(run.summary)
                      ? " Of several seeds these are means, and an arm that missed the target "
                        "with one of them is left out."
                      : ""),
          "fit"));
}

}  // namespace

std::string advice_section(const std::vector<run_record>& runs) {
  return section_by_run("advice-title", "Which arm for which link", runs, advice_on_run);
}

}  // namespace verge::report
