#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// The figure of accuracy by modelled time, as HTML that charts.js draws into; empty where no arm has one.
std::string time_figure(const std::vector<arm_curves>& arms, std::string_view number);

}  // namespace verge::report
