#include "runtime/report/captions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/page.hpp"
#include "runtime/report/page_section.hpp"
#include "runtime/report/units.hpp"

namespace verge::report {
namespace {

/// Maximum number of names in a list. More arms are counted instead.
constexpr std::size_t most_names = 8;

/// The arms of which `holds` is true, as "a, b and c".
template <class Predicate>
std::string names_where(const std::vector<arm_curves>& arms, Predicate holds) {
  std::vector<std::string> names;
  for (const auto& arm : arms) {
    if (arm.remark != "not begun" && holds(arm)) names.push_back(escape_html(arm.arm));
  }
  return enumeration(names);
}

std::string thinning_note(const std::string& names, std::string_view what) {
  if (names.empty()) return {};
  return fmt::format("Thinned to {} points an arm, each the mean of neighbouring {}: {}.",
                     most_points, what, names);
}

/// Says that curves are means, where some are.
std::string bands_note(const std::vector<arm_curves>& arms) {
  const auto [least, most] = std::minmax_element(
      arms.begin(), arms.end(), [](const auto& a, const auto& b) { return a.seeds < b.seeds; });
  if (arms.empty() || most->seeds < 2) return {};
  const auto seeds = least->seeds == most->seeds
                         ? fmt::format("{}", most->seeds)
                         : fmt::format("{} to {}", least->seeds, most->seeds);
  return fmt::format("Lines are means over {} seeds, bands one standard deviation to either side. ",
                     seeds);
}

}  // namespace

std::string spoken(std::string_view figure, const std::vector<arm_curves>& arms,
                   std::vector<curve_point> arm_curves::*curve, std::optional<traffic> by_bytes) {
  auto words = fmt::format("Line chart: {}, a line an arm.", figure);
  for (const auto& arm : arms) {
    const auto& points = arm.*curve;
    if (points.empty() || (by_bytes && arm.bytes(*by_bytes) == 0)) continue;
    const auto value = points.back().value;
    words += fmt::format(
        " {} {} at {}.", arm.legend(), arm.remark == "unfinished" ? "is" : "ends",
        curve == &arm_curves::accuracy ? percent_text(value) : fmt::format("{:.4g}", value));
  }
  return escape_html(words);
}

std::string accuracy_note(const std::vector<arm_curves>& arms) {
  return bands_note(arms) +
         thinning_note(names_where(arms, [](const auto& arm) { return arm.accuracy_is_thinned; }),
                       "evaluations");
}

std::string bytes_note(const std::vector<arm_curves>& arms, traffic counted) {
  const auto silent =
      names_where(arms, [counted](const auto& arm) { return arm.bytes(counted) == 0; });
  if (silent.empty()) return {};
  const auto way = counted == traffic::up     ? "up to the server"
                   : counted == traffic::down ? "down to the devices"
                                              : "over a link";
  return fmt::format("Left out, because nothing was sent {}: {}.", way, silent);
}

std::string time_note(const std::vector<arm_curves>& arms) {
  const auto timeless = names_where(arms, [](const auto& arm) { return !arm.has_time; });
  if (timeless.empty()) return {};
  const auto count =
      static_cast<std::size_t>(std::count_if(arms.begin(), arms.end(), [](const auto& arm) {
        return !arm.has_time && arm.remark != "not begun";
      }));
  if (count > most_names)
    return fmt::format("Left out, because no links were modelled: {} of {} arms.", count,
                       arms.size());
  return fmt::format("Left out, because no links were modelled: {}.", timeless);
}

std::string loss_note(const std::vector<arm_curves>& arms) {
  auto note = bands_note(arms) +
              thinning_note(names_where(arms, [](const auto& arm) { return arm.loss_is_thinned; }),
                            "rounds");
  for (const auto& arm : arms) {
    if (arm.rounds_without_loss == 0) continue;
    note += fmt::format(" Not drawn: {} round{} of {} whose loss is no finite number.",
                        arm.rounds_without_loss, arm.rounds_without_loss == 1 ? "" : "s",
                        escape_html(arm.arm));
  }
  return note;
}

}  // namespace verge::report
