#pragma once

#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// The mean of curves of one kind at the rounds that the first one has, as far as all go, with the deviation of their
/// values. Where another has no point of that round (a test that came with another epoch) it is taken as on the line
/// between its neighbours.
std::vector<curve_point> mean_of(const std::vector<const std::vector<curve_point>*>& curves);

/// Of all curves of some trainings, at least one; called as the first.
arm_curves mean_of(const std::vector<const arm_curves*>& trainings);

}  // namespace verge::report
