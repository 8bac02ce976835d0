#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// All tries of each run's sweep, and which of them were chosen, as HTML. Leaves out runs without a
/// sweep.
std::string tries_section(const std::vector<run_record>& runs);

}  // namespace verge::report
