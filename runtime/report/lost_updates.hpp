#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page with the rounds of each run in which an update was late, lost or refused;
/// empty without such rounds. If there are very many, it shows the first ones and says how many
/// there are.
std::string lost_updates_section(const std::vector<run_record>& runs);

}  // namespace verge::report
