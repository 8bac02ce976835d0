#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page on the differences between the arms: a table with one row per arm and one
/// column per setting that differs between them, and a sentence on the settings that are the same
/// in all. Empty where there is only one arm.
std::string arms_section(const std::vector<run_record>& runs);

}  // namespace verge::report
