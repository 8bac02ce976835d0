#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// The arms of each run that reach the target first, by link, as HTML. Leaves out runs without a
/// target and runs in which nothing was sent.
std::string advice_section(const std::vector<run_record>& runs);

}  // namespace verge::report
