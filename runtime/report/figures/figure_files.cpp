#include "runtime/report/figures/figure_files.hpp"

#include <fmt/format.h>

#include "runtime/report/figures/gnuplot.hpp"
#include "runtime/report/figures/gnuplot_script.hpp"

namespace verge::report {
namespace {

std::string extension(figure_format format) {
  switch (format) {
    case figure_format::svg:
      return ".svg";
    case figure_format::png:
      return ".png";
    case figure_format::pdf:
      break;
  }
  return ".pdf";
}

/// The file name of a label map. With several runs it has the run's place on the command line and
/// those characters of its label that a file name may have.
std::string label_map_name(const std::vector<run_record>& runs, std::size_t index) {
  std::string name = "label-map";
  if (runs.size() == 1) return name;
  name += fmt::format("-{}-", index + 1);
  for (const char c : runs[index].label) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_';
    if (stays)
      name += c;
    else if (name.back() != '-')
      name += '-';
  }
  if (name.back() == '-') name.pop_back();
  return name;
}

}  // namespace

std::vector<figure_file> draw_figures(const std::vector<run_record>& runs, figure_format format) {
  expect_gnuplot();
  const auto arms = curves_of(runs);
  const auto targets = target_lines_of(runs);
  std::vector<figure_file> files;
  for (const auto& drawn : figures()) {
    const auto script = curves_script(drawn, arms, targets, format);
    if (!script.empty())
      files.push_back({std::string(drawn.id) + extension(format), run_gnuplot(script)});
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].partition) continue;
    files.push_back({label_map_name(runs, i) + extension(format),
                     run_gnuplot(label_map_script(*runs[i].partition, format))});
  }
  return files;
}

}  // namespace verge::report
