#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"
#include "verge/runtime/report.hpp"

namespace verge::report {

struct figure_file {
  std::string name;
  std::string content;
};

/// Every figure of the page that has something to show, and the label map of each run that says who holds what,
/// drawn by gnuplot. Throws bad_input where there is no gnuplot, run_failure where it does not draw.
std::vector<figure_file> draw_figures(const std::vector<run_record>& runs, figure_format format);

}  // namespace verge::report
