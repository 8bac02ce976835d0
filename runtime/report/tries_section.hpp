#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// All tries of a sweep and which of them were chosen, as HTML; of runs that had one.
std::string tries_section(const std::vector<run_record>& runs);

}  // namespace verge::report
