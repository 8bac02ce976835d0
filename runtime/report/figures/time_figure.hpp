#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// The figure of accuracy by modelled time, as HTML into which charts.js draws; empty where no arm
/// has a modelled time.
std::string time_figure(const std::vector<arm_curves>& arms, std::string_view number);

}  // namespace verge::report
