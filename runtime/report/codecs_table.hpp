#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page with the bytes per update in each arm, the factor saved by the codecs, and
/// the change in accuracy. Leaves out runs in which no arm has a codec.
std::string codecs_section(const std::vector<run_record>& runs);

}  // namespace verge::report
