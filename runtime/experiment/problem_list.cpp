#include "runtime/experiment/problem_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "runtime/files/one_line.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

source_place place_of(const toml::node& node) {
  const toml::source_region& source = node.source();
  if (!source.path || *source.path == override_source) return {true, 0};
  return {false, source.begin.line};
}

void problem_list::add(source_place place, std::string text) {
  problem found{place, one_line(std::move(text))};
  if (std::find(problems_.begin(), problems_.end(), found) == problems_.end())
    problems_.push_back(std::move(found));
}

void problem_list::throw_if_any() {
  if (problems_.empty()) return;
  std::stable_sort(problems_.begin(), problems_.end(), [](const problem& a, const problem& b) {
    return std::tie(a.place.overridden, a.place.line) < std::tie(b.place.overridden, b.place.line);
  });
  std::string text;
  for (const problem& p : problems_) {
    if (!text.empty()) text += '\n';
    if (p.place.overridden) {
      text += override_source;
    } else {
      text += file_;
      if (p.place.line > 0) text += fmt::format(":{}", p.place.line);
    }
    text += ": " + p.text;
  }
  throw bad_input(text);
}

}  // namespace verge
