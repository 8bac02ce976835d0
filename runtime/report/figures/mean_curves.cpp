#include "runtime/report/figures/mean_curves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "runtime/results/statistics.hpp"

namespace verge::report {
namespace {

using column = double curve_point::*;
constexpr std::array<column, 6> columns{&curve_point::round,    &curve_point::epoch,
                                        &curve_point::bytes_up, &curve_point::bytes_down,
                                        &curve_point::value,    &curve_point::seconds};

/// The curve's point at `round`, interpolated if needed; unset before its first and after its last
/// point.
std::optional<curve_point> point_at(const std::vector<curve_point>& curve, double round) {
  const auto after =
      std::lower_bound(curve.begin(), curve.end(), round,
                       [](const curve_point& point, double at) { return point.round < at; });
  if (after == curve.end()) return std::nullopt;
  if (after->round == round) return *after;
  if (after == curve.begin()) return std::nullopt;
  const auto& before = *(after - 1);
  const double share = (round - before.round) / (after->round - before.round);
  curve_point between;
  for (const auto of : columns) between.*of = before.*of + share * ((*after).*of - before.*of);
  return between;
}

std::vector<double> values_of(const std::vector<curve_point>& points, column of) {
  std::vector<double> values;
  for (const auto& point : points) values.push_back(point.*of);
  return values;
}

curve_point mean_of_points(const std::vector<curve_point>& points) {
  curve_point mean;
  for (const auto of : columns) mean.*of = statistics_of(values_of(points, of))->mean;
  mean.deviation = statistics_of(values_of(points, &curve_point::value))
                       ->deviation.value_or(std::numeric_limits<double>::quiet_NaN());
  return mean;
}

}  // namespace

std::vector<curve_point> mean_of(const std::vector<const std::vector<curve_point>*>& curves) {
  std::vector<curve_point> means;
  for (const auto& first : *curves.at(0)) {
    std::vector<curve_point> here;
    for (const auto* curve : curves)
      if (const auto point = point_at(*curve, first.round)) here.push_back(*point);
    if (here.size() == curves.size()) means.push_back(mean_of_points(here));
  }
  return means;
}

arm_curves mean_of(const std::vector<const arm_curves*>& trainings) {
  auto mean = *trainings.at(0);
  mean.seeds = trainings.size();
  const auto curves = [&](auto member) {
    std::vector<const std::vector<curve_point>*> all;
    for (const auto* one : trainings) all.push_back(&(one->*member));
    return mean_of(all);
  };
  mean.accuracy = curves(&arm_curves::accuracy);
  mean.lowest_device = curves(&arm_curves::lowest_device);
  mean.loss = curves(&arm_curves::loss);
  mean.rounds_without_loss = 0;
  for (const auto* one : trainings)
    mean.rounds_without_loss = std::max(mean.rounds_without_loss, one->rounds_without_loss);
  return mean;
}

}  // namespace verge::report
