#include "runtime/report/figures/gnuplot_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/report/curve_style.hpp"

namespace verge::report {
namespace {

/// Size of a figure without its legend, in points. A column of a paper is about half as wide.
constexpr double width = 680.0;
constexpr double height = 360.0;
/// Height of a legend line, and the widths of a character, of the rest of an entry, and of the axis
/// beside the plot, in points. The legend is as wide as the plot. Where an entry is wider than
/// computed here, gnuplot itself puts fewer in a line.
constexpr double legend_line = 18.0;
constexpr double legend_character = 7.2;
constexpr double legend_swatch = 60.0;
constexpr double axis_width = 90.0;

/// Approximate number of markers on a long curve. A short curve has one on every point, as in the
/// page.
constexpr std::size_t markers_on_a_curve = 12;
constexpr std::size_t short_curve = 30;

/// Low enough that lines show through the bands of several arms.
constexpr double band_opacity = 0.2;

struct series {
  std::string name;
  std::size_t arm;
  std::vector<curve_point> points;
};

/// A text for gnuplot, quoted so that it contains neither a command nor a new line.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "'";
}

/// Sets gnuplot's output; `high` is in points. noenhanced turns markup off, because an underscore
/// in an arm's name would be markup.
std::string terminal(figure_format format, double high) {
  switch (format) {
    case figure_format::svg:
      return fmt::format(
          "set terminal svg noenhanced size {:.0f},{:.0f} font 'sans-serif,12' background "
          "'white'\n",
          width, high);
    case figure_format::png:  // three pixels per point are sharp in print
      return fmt::format(
          "set terminal pngcairo noenhanced size {:.0f},{:.0f} font 'sans,12' fontscale 2.25 "
          "linewidth 3 pointscale 3 dashlength 1.5 background 'white'\n",
          3.0 * width, 3.0 * high);
    case figure_format::pdf:
      return fmt::format(
          "set terminal pdfcairo noenhanced size {:.3f}in,{:.3f}in font 'sans,12' fontscale 0.75 "
          "linewidth 1.5 dashlength 1.5 "
          "background 'white'\n",
          width / 72.0, high / 72.0);
  }
  return {};
}

std::string beginning(figure_format format, double high) {
  return "set encoding utf8\n" + terminal(format, high) +
         fmt::format(
             "set border 3 lc rgb '{0}'\nset tics nomirror textcolor rgb '{1}'\n"
             "set grid lc rgb '{2}' lt 1 lw 0.5\n",
             colour_on_paper("--line"), colour_on_paper("--ink"), colour_on_paper("--grid"));
}

/// The unit of x on the axis: its `name`, and its `size` by which x is divided.
struct scale {
  double size = 1.0;
  std::string name;
};

scale scale_of(figure::unit unit, double most) {
  if (unit == figure::unit::seconds) return {1.0, "s"};
  if (unit == figure::unit::none) return {};
  scale found{1.0, "B"};
  for (const char* name : {"kB", "MB", "GB", "TB", "PB"})
    if (most >= 1000.0 * found.size) found = {1000.0 * found.size, name};
  return found;
}

/// Tics of a logarithmic axis within the ends: powers of ten, and 2 and 5 times them if there is
/// room.
std::string log_tics(double least, double most) {
  const bool has_room = most / least < 300.0;
  std::string tics;
  for (auto power = std::floor(std::log10(least)); power <= std::ceil(std::log10(most)); ++power) {
    for (const double lead : {1.0, 2.0, 5.0}) {
      const double at = lead * std::pow(10.0, power);
      if ((lead > 1.0 && !has_room) || at < 0.999 * least || at > 1.001 * most) continue;
      tics += fmt::format("{}{:.6g}", tics.empty() ? "" : ", ", at);
    }
  }
  return fmt::format("set xtics ({})\n", tics);
}

std::string x_axis(const figure& drawn, const std::vector<series>& all, const scale& unit,
                   bool is_log) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const auto& one : all) {
    for (const auto& point : one.points) {
      const double x = drawn.x(point) / unit.size;
      if (!is_log || x > 0.0) least = std::min(least, x);
      most = std::max(most, x);
    }
  }
  const auto title = unit.name.empty() ? std::string(drawn.x_title)
                                       : fmt::format("{} ({})", drawn.x_title, unit.name);
  auto text = fmt::format("set xlabel {}\n", literal(is_log ? title + ", logarithmic" : title));
  if (!is_log) return text + fmt::format("set xrange [0:{}]\n", most > 0.0 ? most : 1.0);
  least *= 0.95;
  most *= 1.05;
  return text + "set logscale x\nunset mxtics\n" +
         fmt::format("set xrange [{}:{}]\n", least, most) + log_tics(least, most);
}

/// The ends of the band around a mean; the value itself where there is no band.
double low_of(const curve_point& point) {
  return std::isfinite(point.deviation) ? point.value - point.deviation : point.value;
}
double high_of(const curve_point& point) {
  return std::isfinite(point.deviation) ? point.value + point.deviation : point.value;
}

bool has_band(const series& one) {
  return std::any_of(one.points.begin(), one.points.end(),
                     [](const auto& point) { return std::isfinite(point.deviation); });
}

/// The range of y in percent, around the drawn values and within 0 to 100.
std::string share_axis(std::string_view title, const std::vector<series>& all,
                       const std::vector<target_line>& targets) {
  double low = 1.0;
  double high = 0.0;
  const auto take = [&](double share) {
    low = std::min(low, share);
    high = std::max(high, share);
  };
  for (const auto& one : all)
    for (const auto& point : one.points) {
      take(low_of(point));
      take(high_of(point));
    }
  for (const auto& target : targets) take(target.accuracy);
  return fmt::format("set ylabel '{} (%)'\nset yrange [{}:{}]\n", title,
                     100.0 * std::max(0.0, low - 0.02), 100.0 * std::min(1.0, high + 0.02));
}

bool spans_widely(const figure& drawn, const std::vector<series>& all) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  for (const auto& one : all) {
    const double end = drawn.x(one.points.back());
    if (end <= 0.0) continue;
    least = std::min(least, end);
    most = std::max(most, end);
  }
  return most / least > widest_linear;
}

std::string data_of(const figure& drawn, const series& one, double x_size, double y_size,
                    bool is_log) {
  auto text = fmt::format("$arm{} << end\n", one.arm);
  for (const auto& point : one.points) {
    const double x = drawn.x(point) / x_size;
    if (is_log && x <= 0.0) continue;
    text += fmt::format("{} {}", x, y_size * point.value);
    if (has_band(one))
      text += fmt::format(" {} {}", y_size * low_of(point), y_size * high_of(point));
    text += '\n';
  }
  return text + "end\n";
}

std::string dash_text(const std::vector<int>& dash) {
  return dash.empty() ? std::string("solid") : fmt::format("({})", fmt::join(dash, ","));
}

std::string colour_of(const series& one) {
  return colour_on_paper(fmt::format("--arm-{}", look_of(one.arm).colour));
}

std::string band(const series& one) {
  return fmt::format(
      "$arm{} using 1:3:4 with filledcurves lc rgb '{}' fs transparent solid {} noborder notitle",
      one.arm, colour_of(one), band_opacity);
}

std::string curve(const series& one) {
  const auto look = look_of(one.arm);
  const auto every = one.points.size() <= short_curve
                         ? std::size_t{1}
                         : (one.points.size() + markers_on_a_curve - 1) / markers_on_a_curve;
  return fmt::format(
      "$arm{} using 1:2 with linespoints lc rgb '{}' lw 1.5 dt {} pt {} ps 0.6 pi {} title {}",
      one.arm, colour_of(one), dash_text(look.dash),
      look.is_hollow ? look.marker.hollow : look.marker.filled, every, literal(one.name));
}

/// Number of columns of the legend above the plot.
std::size_t legend_columns(const std::vector<std::string>& names) {
  std::size_t longest = 1;
  for (const auto& name : names) longest = std::max(longest, name.size());
  const double entry = legend_swatch + legend_character * static_cast<double>(longest);
  return std::clamp<std::size_t>(static_cast<std::size_t>((width - axis_width) / entry), 1,
                                 names.size());
}

}  // namespace

std::string curves_script(const figure& drawn, const std::vector<arm_curves>& arms,
                          const std::vector<target_line>& targets, figure_format format) {
  std::vector<series> all;
  double most = 0.0;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    auto points = points_of(drawn, arms[i]);
    if (points.empty()) continue;
    most = std::max(most, drawn.x(points.back()));
    all.push_back({arms[i].legend(), i, std::move(points)});
  }
  if (all.empty()) return {};
  // A target applies only to the accuracy on the whole test set.
  const auto shown_targets =
      drawn.curve == &arm_curves::accuracy ? targets : std::vector<target_line>{};
  const bool is_log = drawn.may_be_log && spans_widely(drawn, all);
  const auto unit = scale_of(drawn.x_unit, most);

  std::vector<std::string> names;
  std::vector<std::string> drawings;
  std::vector<std::string> bands;
  std::string data;
  for (const auto& one : all) {
    names.push_back(one.name);
    data += data_of(drawn, one, unit.size, drawn.is_share ? 100.0 : 1.0, is_log);
    drawings.push_back(curve(one));
    if (has_band(one)) bands.push_back(band(one));
  }
  for (const auto& target : shown_targets) {
    names.push_back(target.label);
    drawings.push_back(fmt::format("{} with lines lc rgb '{}' lw 1 dt {} title {}",
                                   100.0 * target.accuracy, colour_on_paper("--soft"),
                                   dash_text(target.dash), literal(target.label)));
  }
  drawings.insert(drawings.begin(), bands.begin(), bands.end());  // under the lines
  const auto columns = legend_columns(names);
  const auto lines = (names.size() + columns - 1) / columns;
  auto script = beginning(format, height + legend_line * static_cast<double>(lines));
  script += fmt::format("set key outside top center horizontal Left reverse samplen 5 maxcols {}\n",
                        columns);
  script += x_axis(drawn, all, unit, is_log);
  script += drawn.is_share ? share_axis(drawn.y_title, all, shown_targets)
                           : fmt::format("set ylabel '{}'\n", drawn.y_title);
  script += data;
  return script + fmt::format("plot {}\n", fmt::join(drawings, ", \\\n  "));
}

std::string label_map_script(const partition_table& table, figure_format format) {
  constexpr double row_height = 14.0;
  constexpr double least_height = 240.0;
  constexpr double around = 80.0;
  const auto devices = table.rows.size();
  auto script = beginning(
      format, std::clamp(around + row_height * static_cast<double>(devices), least_height, width));
  std::uint64_t most = 1;
  script += "$samples << end\n";
  for (const auto& row : table.rows) {
    script += fmt::format("{}\n", fmt::join(row, " "));
    for (const auto count : row) most = std::max(most, count);
  }
  script += "end\n";
  script += fmt::format(
      "unset key\nunset grid\nset border 0\nset tics scale 0\n"
      "set palette defined (0 '#ffffff', 1 '{}')\nset cbrange [0:{}]\n"
      "set cblabel 'samples of a label on a device'\n"
      "set xlabel 'label'\nset ylabel 'device'\n"
      "set xrange [-0.5:{}]\nset yrange [{}:-0.5]\n",
      colour_on_paper("--arm-0"), most, static_cast<double>(table.totals.size()) - 0.5,
      static_cast<double>(devices) - 0.5);
  if (table.totals.size() <= 20) script += "set xtics 1\n";
  if (devices <= 20) script += "set ytics 1\n";
  // Drawn as shapes, because a viewer may blur a picture within the picture.
  return script + "plot $samples matrix with image pixels\n";
}

}  // namespace verge::report
