#pragma once

#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// A figure of curves, drawn into a file for papers. charts.js draws the same figure in the page.
struct figure {
  /// The id of its element in the page, and the name of its file.
  std::string_view id;
  /// The curve of an arm that it draws.
  std::vector<curve_point> arm_curves::*curve;
  double (*x)(const curve_point&);
  std::string_view x_title;
  /// The unit of x.
  enum class unit { none, bytes, seconds } x_unit;
  /// True where x may be logarithmic.
  bool may_be_log;
  std::string_view y_title = "test accuracy";
  /// True where y is a share, shown in percent.
  bool is_share = true;
};

/// All figures, which the page has too, in its order.
const std::vector<figure>& figures();

/// The points of an arm that a figure draws. An arm has none where x is bytes and it sent none of
/// them, or where x is seconds and its links were not modelled.
std::vector<curve_point> points_of(const figure& drawn, const arm_curves& arm);

/// Largest ratio between the ends of arms in x that a linear axis still shows readably.
inline constexpr double widest_linear = 12.0;

}  // namespace verge::report
