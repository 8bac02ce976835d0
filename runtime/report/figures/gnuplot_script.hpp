#pragma once

#include <string>
#include <vector>

#include "runtime/report/figures/figure.hpp"
#include "runtime/results/partition_table.hpp"
#include "verge/runtime/report.hpp"

/// Figures as scripts for gnuplot (5.4 and later) that hold their data and write the picture to standard output.
namespace verge::report {

/// Curves of all arms that have some there; empty where none has.
std::string curves_script(const figure& drawn, const std::vector<arm_curves>& arms,
                          const std::vector<target_line>& targets, figure_format format);

/// Samples of each label on each device that the table has a row of.
std::string label_map_script(const partition_table& table, figure_format format);

}  // namespace verge::report
