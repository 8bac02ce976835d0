#include "runtime/report/label_accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/captions.hpp"
#include "runtime/report/html_table.hpp"
#include "runtime/report/page_section.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge::report {
namespace {

/// A share in percent, without the sign, which the head has.
std::string share_text(double share) {
  return fmt::format("{:.1f}", 100.0 * share);
}

/// style.css colours the cell by `--heat`, here the share of wrong predictions.
std::string accuracy_cell(const std::optional<double>& accuracy) {
  if (!accuracy) return cell(absent, "none");
  return fmt::format("<td style=\"--heat: {:.3f}\">{}</td>", 1.0 - *accuracy,
                     share_text(*accuracy));
}

std::string spread_cells(const accuracy_list& devices) {
  const auto spread = spread_of(devices);
  if (!spread) return cell(absent, "none edge") + cell(absent, "none") + cell(absent, "none");
  return cell(share_text(spread->lowest), "edge") + cell(share_text(spread->median)) +
         cell(share_text(spread->highest));
}

std::string head_of(std::size_t labels) {
  auto head = fmt::format(
      "<tr>{}<th scope=\"colgroup\" colspan=\"{}\" class=\"group\">test samples of label, %</th>"
      "<th scope=\"colgroup\" colspan=\"3\" class=\"group\">devices, %</th></tr>\n<tr>",
      first_column_header("arm", 2), labels);
  for (std::size_t label = 0; label < labels; ++label)
    head += fmt::format("<th scope=\"col\">{}</th>", label);
  return head + column_headers({"lowest", "median", "highest"}) + "</tr>\n";
}

std::string row_of(const arm_summary& arm, std::size_t labels) {
  auto row = "<tr>" + row_header(arm.name);
  for (std::size_t label = 0; label < labels; ++label)
    row += accuracy_cell(label < arm.accuracy_by_label.size() ? arm.accuracy_by_label[label]
                                                              : std::optional<double>{});
  return row + spread_cells(arm.accuracy_by_device) + "</tr>\n";
}

std::string table_of(const run_record& run) {
  std::size_t labels = 0;
  for (const auto& arm : run.summary.arms) labels = std::max(labels, arm.accuracy_by_label.size());
  if (labels == 0) return {};
  std::string rows;
  for (const auto& arm : run.summary.arms)
    if (!arm.accuracy_by_label.empty()) rows += row_of(arm, labels);
  return boxed_table(
      "Accuracy by label and by device", head_of(labels), rows,
      "Of the last test of each arm; labels are numbered from 0. The accuracy of a device is the "
      "one to expect of test "
      "samples whose labels are as frequent as among its training samples: it is reckoned from the "
      "columns before it and from who holds what, so devices differ in nothing but their labels.",
      "tall fit misses");
}

}  // namespace

std::string label_accuracy_section(const std::vector<run_record>& runs) {
  return section_by_run("label-accuracy-title", "Accuracy by label and by device", runs, table_of);
}

std::string device_figure(const std::vector<arm_curves>& arms, std::string_view number) {
  auto known = arms;
  std::erase_if(known, [](const auto& arm) { return arm.lowest_device.empty(); });
  if (known.empty()) return {};
  return fmt::format(
      "<figure id=\"lowest-device-by-epoch\">\n<ul class=\"legend\"></ul>\n"
      "<div class=\"plot\"><canvas role=\"img\" aria-label=\"{}\"></canvas></div>\n"
      "<figcaption><b>Figure {}. The least accurate device by epoch.</b> The accuracy to expect of "
      "test samples whose labels are as frequent as among a device's training samples, of the "
      "device where it is lowest. {}</figcaption>\n</figure>",
      spoken("lowest accuracy of a device by epoch", known, &arm_curves::lowest_device), number,
      accuracy_note(known));
}

}  // namespace verge::report
