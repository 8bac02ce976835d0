#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// Bytes of an update in each arm, how many times fewer that is than without codecs, and what became of the accuracy,
/// as a section of the page; without runs in which no arm has a codec.
std::string codecs_section(const std::vector<run_record>& runs);

}  // namespace verge::report
