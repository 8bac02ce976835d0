#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace verge::report {

/// A marker on a curve, by the name that the chart library has for it and by gnuplot's numbers.
struct marker {
  const char* name;
  int filled;
  int hollow;
};

/// How the curve of an arm looks, in the page and in figure files: colour, dash and marker, so that no one of them
/// is needed. Of 30 arms no two share more than one of the three.
struct look {
  /// Number of the colour, --arm-<colour> of style.css.
  std::size_t colour;
  /// Lengths drawn and left out in turns; empty: one line through.
  std::vector<int> dash;
  report::marker marker;
  /// Where colours come round again, markers are hollow.
  bool is_hollow;
};

look look_of(std::size_t arm);

/// Of the line of a target accuracy; there are hardly more than three on a page.
std::vector<int> target_dash(std::size_t target);

/// "#0072b2": a colour that style.css has for light pages, which are like paper. A name that it has not is a
/// mistake of ours: std::logic_error.
std::string colour_on_paper(const std::string& name);

}  // namespace verge::report
