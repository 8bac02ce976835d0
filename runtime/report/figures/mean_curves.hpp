#pragma once

#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// The mean of curves of one kind, with the deviation of their values, at those rounds of the first
/// curve that all curves reach. Where another curve has no point at such a round (its tests fall on
/// other rounds), its value is interpolated linearly between its neighbours.
std::vector<curve_point> mean_of(const std::vector<const std::vector<curve_point>*>& curves);

/// The means of all curves of some trainings, at least one, under the name of the first.
arm_curves mean_of(const std::vector<const arm_curves*>& trainings);

}  // namespace verge::report
