#pragma once

#include <string>
#include <vector>

#include "verge/runtime/experiment.hpp"

namespace verge {

/// The arms of these names (all when there are none), as --arm of the programs means it. Throws bad_input.
std::vector<arm_options> chosen_arms(const experiment& what, const std::vector<std::string>& names);

}  // namespace verge
