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

/// Draws with gnuplot every figure of the page that has curves, and the label map of each run whose
/// label counts are known. Throws bad_input where gnuplot is missing, and run_failure where it
/// fails.
std::vector<figure_file> draw_figures(const std::vector<run_record>& runs, figure_format format);

}  // namespace verge::report
