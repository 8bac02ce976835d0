#include "chosen_arms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verge/messages/errors.hpp"

namespace verge {

std::vector<arm_options> chosen_arms(const experiment& what,
                                     const std::vector<std::string>& names) {
  if (names.empty()) return what.arms;
  std::vector<arm_options> chosen;
  for (const auto& name : names) {
    const auto found = std::find_if(what.arms.begin(), what.arms.end(),
                                    [&](const auto& arm) { return arm.name == name; });
    if (found == what.arms.end()) {
      std::string known;
      for (const auto& arm : what.arms) known += (known.empty() ? "" : ", ") + arm.name;
      throw bad_input(fmt::format("--arm {}: no such arm; the experiment has {}", name, known));
    }
    if (std::count(names.begin(), names.end(), name) > 1)
      throw bad_input(fmt::format("--arm {}: given more than once", name));
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace verge
