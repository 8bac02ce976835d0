#pragma once

#include <string>
#include <vector>

#include "runtime/report/figures/figure.hpp"
#include "runtime/results/partition_table.hpp"
#include "verge/runtime/report.hpp"

/// Figures as scripts for gnuplot (5.4 and later). They contain their data and write the picture to
/// standard output.
namespace verge::report {

/// A figure with the curves of all arms that have points in it; empty where no arm has.
std::string curves_script(const figure& drawn, const std::vector<arm_curves>& arms,
                          const std::vector<target_line>& targets, figure_format format);

/// The number of samples of each label on each device that has a row in the table.
std::string label_map_script(const partition_table& table, figure_format format);

}  // namespace verge::report
