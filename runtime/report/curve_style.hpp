#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace verge::report {

/// A marker on a curve: its name in the chart library, and gnuplot's numbers for it.
struct marker {
  const char* name;
  int filled;
  int hollow;
};

/// The style of an arm's curve, in the page and in figure files. It has a colour, a dash and a
/// marker, so that a reader can do without any one of them: among the first 30 arms no two share
/// more than one of the three.
struct look {
  /// Number of the colour, --arm-<colour> of style.css.
  std::size_t colour;
  /// Lengths that are drawn and left out in turn; empty = a solid line.
  std::vector<int> dash;
  report::marker marker;
  /// Markers are hollow where the colours repeat.
  bool is_hollow;
};

look look_of(std::size_t arm);

/// The dash of a target accuracy's line. There are three, which repeat; a page hardly has more
/// targets.
std::vector<int> target_dash(std::size_t target);

/// A colour, such as "#0072b2", that style.css has for light pages, which are like paper. Throws
/// std::logic_error for a name that style.css lacks, which is a bug.
std::string colour_on_paper(const std::string& name);

}  // namespace verge::report
