#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// Samples of each label on each device as a section of the page, for each run a table whose cells are the darker the
/// more samples they stand for; without runs that do not say. Of very many devices the first are shown, and the
/// section says how many there are.
std::string label_map_section(const std::vector<run_record>& runs);

}  // namespace verge::report
