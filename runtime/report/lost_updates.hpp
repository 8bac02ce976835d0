#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// The rounds of each run in which an update was late, lost or refused, as a section of the page; empty when
/// there are none. Of very many rounds the first are shown, and the section says how many there
/// are.
std::string lost_updates_section(const std::vector<run_record>& runs);

}  // namespace verge::report
