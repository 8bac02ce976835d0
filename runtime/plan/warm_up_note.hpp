#pragma once

#include <string>

#include "verge/model/strategy.hpp"

namespace verge {

/// What people should know of a run that is no longer than its warm-up, in one line; empty where it is longer.
std::string warm_up_note(const std::string& arm, const work_plan& plan, const run_length& length);

}  // namespace verge
