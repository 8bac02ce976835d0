#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page with the number of samples of each label on each device. It has one table
/// per run; a cell is darker the more samples it stands for. Leaves out runs whose label counts are
/// unknown. If there are very many devices, it shows the first ones and says how many there are.
std::string label_map_section(const std::vector<run_record>& runs);

}  // namespace verge::report
