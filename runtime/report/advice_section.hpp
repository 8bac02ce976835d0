#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// Which arm of a run is the first at its target over which link, as HTML; without runs that had no target or in which
/// nothing was sent.
std::string advice_section(const std::vector<run_record>& runs);

}  // namespace verge::report
