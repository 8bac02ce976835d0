#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// The run.toml of each run, folded until the reader opens it.
std::string run_files(const std::vector<run_record>& runs);

}  // namespace verge::report
