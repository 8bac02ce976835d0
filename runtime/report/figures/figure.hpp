#pragma once

#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

namespace verge::report {

/// A figure of curves as a file for papers; the page draws the same (charts.js).
struct figure {
  /// The id of its element in the page and the name of its file.
  std::string_view id;
  /// Which curve of an arm.
  std::vector<curve_point> arm_curves::*curve;
  double (*x)(const curve_point&);
  std::string_view x_title;
  /// Unit of x: none, bytes or seconds.
  enum class unit { none, bytes, seconds } x_unit;
  /// x may be logarithmic.
  bool may_be_log;
  std::string_view y_title = "test accuracy";
  /// y is a share, told in percent.
  bool is_share = true;
};

/// Those that the page has too, in its order.
const std::vector<figure>& figures();

/// The points of an arm that a figure draws: none of an arm that sent no such bytes, or whose links were not modelled.
std::vector<curve_point> points_of(const figure& drawn, const arm_curves& arm);

/// Arms that end further apart in x than this cannot be read on a linear axis.
inline constexpr double widest_linear = 12.0;

}  // namespace verge::report
