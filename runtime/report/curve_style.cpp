#include "runtime/report/curve_style.hpp"

#include <array>
#include <stdexcept>

#include "runtime/report/embedded.hpp"

namespace verge::report {
namespace {

/// Number of arm colours in style.css.
constexpr std::size_t colours = 7;

const std::array<std::vector<int>, 6>& dashes() {
  static const std::array<std::vector<int>, 6> all{std::vector<int>{}, {9, 4},  {2, 3},
                                                   {9, 3, 2, 3},       {14, 5}, {5, 2}};
  return all;
}

constexpr std::array markers{marker{"circle", 7, 6}, marker{"rect", 5, 4}, marker{"triangle", 9, 8},
                             marker{"rectRot", 13, 12}, marker{"crossRot", 2, 2}};

}  // namespace

look look_of(std::size_t arm) {
  return {arm % colours, dashes()[arm % dashes().size()], markers[arm % markers.size()],
          arm / colours % 2 == 1};
}

std::vector<int> target_dash(std::size_t target) {
  static const std::array<std::vector<int>, 3> all{std::vector<int>{4, 4}, {12, 5}, {12, 4, 2, 4}};
  return all[target % all.size()];
}

std::string colour_on_paper(const std::string& name) {
  constexpr std::size_t length = 7;  // "#rrggbb"
  const auto key = name + ": #";
  const auto at = style.find(key);  // the first one is for light pages
  if (at == std::string_view::npos) throw std::logic_error("style.css has no " + name);
  return std::string(style.substr(at + key.size() - 1, length));
}

}  // namespace verge::report
