#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// In what the arms differ, as a section of the page: a line an arm, a column for each setting that is not the same in
/// all of them; and a sentence on the settings that are. Empty where there is one arm in all.
std::string arms_section(const std::vector<run_record>& runs);

}  // namespace verge::report
