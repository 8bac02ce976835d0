#include "runtime/report/figures/label_map.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/html_table.hpp"
#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"

namespace verge::report {
namespace {

/// Maximum number of rows in the map; partition.json has more.
constexpr std::size_t most_rows = 50;

std::size_t rows_shown(const partition_table& table) {
  return std::min(table.rows.size(), most_rows);
}

std::uint64_t largest_count(const partition_table& table) {
  std::uint64_t most = 1;
  for (std::size_t device = 0; device < rows_shown(table); ++device)
    for (const auto count : table.rows[device]) most = std::max(most, count);
  return most;
}

/// style.css colours the cell by `--heat`, here the count as a share of the largest count.
std::string heat_cell(std::uint64_t count, std::uint64_t most) {
  if (count == 0) return cell("0", "none");
  const double heat = static_cast<double>(count) / static_cast<double>(most);
  return fmt::format("<td style=\"--heat: {:.3f}\">{}</td>", heat, count_text(count));
}

std::string head_of(const partition_table& table) {
  auto head = fmt::format(
      "<tr><th scope=\"col\" rowspan=\"2\" class=\"text first\">device</th>"
      "<th scope=\"colgroup\" colspan=\"{}\" class=\"group\">samples of label</th>"
      "<th scope=\"col\" rowspan=\"2\">all samples</th></tr>\n<tr>",
      table.totals.size());
  for (std::size_t label = 0; label < table.totals.size(); ++label)
    head += fmt::format("<th scope=\"col\">{}</th>", label);
  return head + "</tr>\n";
}

std::string row_of(std::size_t device, const std::vector<std::uint64_t>& counts,
                   std::uint64_t most) {
  auto row = fmt::format("<tr><th scope=\"row\">{}</th>", device);
  std::uint64_t size = 0;
  for (const auto count : counts) {
    row += heat_cell(count, most);
    size += count;
  }
  return row + cell(count_text(size), "edge") + "</tr>\n";
}

std::string last_row(const partition_table& table) {
  std::string row = "<tr class=\"total\"><th scope=\"row\">all devices</th>";
  for (const auto count : table.totals) row += cell(count_text(count));
  return row + cell(count_text(table.samples()), "edge") + "</tr>\n";
}

std::string in_words(const partition_table& table) {
  auto words = fmt::format("{} training samples on {} device{}, partition {}.",
                           count_text(table.samples()), count_text(table.devices),
                           table.devices == 1 ? "" : "s", escape_html(table.partition));
  if (table.devices > 1)
    words += fmt::format(" The smallest shard has {}, the median {}, the largest {} samples.",
                         count_text(table.smallest), count_text(table.median),
                         count_text(table.largest));
  return words;
}

std::string note_of(const partition_table& table) {
  if (table.devices <= most_rows) return "Devices and labels are numbered from 0.";
  return fmt::format(
      "Devices and labels are numbered from 0. Of {} devices the first {} are shown; "
      "partition.json has "
      "{}.",
      count_text(table.devices), most_rows,
      table.rows.size() == table.devices
          ? std::string("all")
          : fmt::format("the first {}", count_text(table.rows.size())));
}

/// Says which seed's partition is shown, because each seed deals anew; empty for a single seed.
std::string which_seed(const run_record& run) {
  const auto& arms = run.summary.arms;
  if (std::all_of(arms.begin(), arms.end(),
                  [&](const auto& arm) { return arm.seed == run.summary.seed; }))
    return {};
  return fmt::format(" This is the deal of seed {}; each seed has its own.", run.summary.seed);
}

std::string map_of(const run_record& run) {
  if (!run.partition) return {};
  const auto& table = *run.partition;
  const auto most = largest_count(table);
  std::string rows;
  for (std::size_t device = 0; device < rows_shown(table); ++device)
    rows += row_of(device, table.rows[device], most);
  rows += last_row(table);
  return fmt::format(
      "<p>{}</p>\n"
      "<p class=\"heat-scale\">0 <span aria-hidden=\"true\"></span> {} sample{} of a label on a "
      "device</p>\n{}",
      in_words(table) + which_seed(run), count_text(most), most == 1 ? "" : "s",
      boxed_table("Samples of each label on each device", head_of(table), rows, note_of(table),
                  "tall fit heat"));
}

}  // namespace

std::string label_map_section(const std::vector<run_record>& runs) {
  return section_by_run("labels-title", "Who holds what", runs, map_of);
}

}  // namespace verge::report
