#include "runtime/experiment/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "verge/messages/errors.hpp"

namespace verge {

namespace {

experiment only(const experiment& what, const trial& one) {
  auto alone = with_seed(what, one.seed);
  alone.arms = {one.options};
  alone.arms[0].name = one.arm;
  return alone;
}

[[noreturn]] void fail_unknown(const experiment& what, const std::vector<trial>& trials,
                               const std::string& name) {
  std::string known;
  for (const auto& arm : what.arms) known += (known.empty() ? "" : ", ") + arm.name;
  if (what.repeats())
    known += fmt::format(", each trained more than once; one training is called as in {}",
                         trials.front().options.name);
  throw bad_input(fmt::format("--arm {}: no such arm; the experiment has {}", name, known));
}

}  // namespace

std::string trial_name(const std::string& arm, std::uint64_t seed, const tried_values& tried) {
  auto name = fmt::format("{}@{}", arm, seed);
  for (const auto& [key, value] : tried) {
    name += ',' + key + '=';
    std::copy_if(value.begin(), value.end(), std::back_inserter(name),
                 [](char c) { return c != '"' && c != ' '; });
  }
  return name;
}

std::vector<trial> trials_of(const experiment& what) {
  auto seeds = what.further_seeds;
  seeds.insert(seeds.begin(), what.seed);
  auto tries = what.tries;
  if (tries.empty())
    for (const auto& arm : what.arms) tries.push_back({{}, arm});
  std::vector<trial> trials;
  for (const auto seed : seeds) {
    for (const auto& [tried, options] : tries) {
      auto& one = trials.emplace_back(trial{options.name, seed, tried, options});
      if (what.repeats()) one.options.name = trial_name(one.arm, seed, tried);
    }
  }
  return trials;
}

experiment with_seed(const experiment& what, std::uint64_t seed) {
  auto one = what;
  one.seed = seed;
  one.further_seeds.clear();
  one.sweep.clear();
  one.tries.clear();
  return one;
}

experiment chosen_part(const experiment& what, const std::vector<std::string>& names) {
  if (names.empty()) return what;
  const auto trials = trials_of(what);
  auto part = what;
  part.arms.clear();
  part.tries.clear();
  for (const auto& name : names) {
    if (std::count(names.begin(), names.end(), name) > 1)
      throw bad_input(fmt::format("--arm {}: given more than once", name));
    const auto arm = std::find_if(what.arms.begin(), what.arms.end(),
                                  [&](const auto& one) { return one.name == name; });
    if (arm != what.arms.end()) {
      part.arms.push_back(*arm);
      std::copy_if(what.tries.begin(), what.tries.end(), std::back_inserter(part.tries),
                   [&](const auto& one) { return one.options.name == name; });
      continue;
    }
    const auto training = std::find_if(trials.begin(), trials.end(),
                                       [&](const auto& one) { return one.options.name == name; });
    if (training == trials.end()) fail_unknown(what, trials, name);
    if (names.size() > 1)
      throw bad_input(
          fmt::format("--arm {}: is one training of arm {}; expected it alone, or arms only", name,
                      training->arm));
    return only(what, *training);
  }
  return part;
}

}  // namespace verge
