#pragma once

#include <string>

#include "verge/model/strategy.hpp"

namespace verge {

/// A line that warns of a run that is no longer than its warm-up; empty for a longer run.
std::string warm_up_note(const std::string& arm, const work_plan& plan, const run_length& length);

}  // namespace verge
