#include "runtime/results/repeated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace verge {

namespace {

arm_results& arm_called(std::vector<arm_results>& arms, const std::string& name) {
  const auto known =
      std::find_if(arms.begin(), arms.end(), [&](const auto& one) { return one.arm == name; });
  return known != arms.end() ? *known : arms.emplace_back(arm_results{name, {}, 0});
}

try_results& try_of(arm_results& arm, const tried_values& tried) {
  const auto known = std::find_if(arm.tries.begin(), arm.tries.end(),
                                  [&](const auto& one) { return one.tried == tried; });
  return known != arm.tries.end() ? *known : arm.tries.emplace_back(try_results{tried, {}});
}

bool is_worse(const try_results& a, const try_results& b) {
  const bool a_failed = a.status() == arm_status::failed;
  const bool b_failed = b.status() == arm_status::failed;
  if (a_failed != b_failed) return a_failed;
  const auto mean = [](const try_results& one) {
    const auto found = one.statistics(&arm_summary::final_accuracy);
    return found ? found->mean : -1.0;
  };
  return mean(a) < mean(b);
}

/// The status among the parts that a reader of their common numbers most needs to know.
template <class Parts, class Status>
arm_status most_telling(const Parts& parts, Status status_of) {
  for (const auto status : {arm_status::failed, arm_status::unfinished, arm_status::stopped})
    if (std::any_of(parts.begin(), parts.end(),
                    [&](const auto& one) { return status_of(one) == status; }))
      return status;
  return arm_status::ended;
}

/// `text` without its unit if `other` has the same one: "4.2" for "4.2 GB" before "5.4 GB".
std::string_view without_unit_of(std::string_view other, std::string_view text) {
  const auto unit = [](std::string_view one) {
    const auto at = one.find(' ');
    return at == one.rfind(' ') && at != one.npos ? one.substr(at) : std::string_view{};
  };
  return unit(text) == unit(other) ? text.substr(0, text.size() - unit(text).size()) : text;
}

}  // namespace

std::vector<const arm_summary*> try_results::counted() const {
  auto ended = trainings;
  std::erase_if(ended, [](const auto* one) { return one->status != arm_status::ended; });
  if (!ended.empty()) return ended;
  auto begun = trainings;
  std::erase_if(begun, [](const auto* one) { return one->rounds == 0; });
  return begun.empty() ? trainings : begun;
}

std::vector<std::uint64_t> try_results::seeds() const {
  std::vector<std::uint64_t> seeds;
  for (const auto* one : counted()) seeds.push_back(one->seed);
  return seeds;
}

arm_status try_results::status() const {
  return most_telling(trainings, [](const auto* one) { return one->status; });
}

arm_status arm_results::status() const {
  return most_telling(tries, [](const auto& one) { return one.status(); });
}

std::string remark_on(const try_results& one) {
  const auto count = one.trainings.size();
  if (count == 1) return std::string(remark_on(*one.trainings[0]));
  std::map<std::string_view, std::size_t> remarks;
  for (const auto* training : one.trainings) ++remarks[remark_on(*training)];
  remarks.erase("");
  std::string text;
  for (const auto& [remark, times] : remarks)
    text += fmt::format("{}{} of {} {}", text.empty() ? "" : ", ", times, count, remark);
  return text;
}

std::vector<arm_results> results_by_arm(const run_summary& summary) {
  std::vector<arm_results> arms;
  for (const auto& one : summary.arms)
    try_of(arm_called(arms, one.arm_name()), one.tried).trainings.push_back(&one);
  for (auto& arm : arms) {
    const auto best = std::max_element(arm.tries.begin(), arm.tries.end(), is_worse);
    arm.chosen = static_cast<std::size_t>(best - arm.tries.begin());
  }
  return arms;
}

std::vector<arm_summary> means_by_arm(const run_summary& summary) {
  if (!repeats(summary)) return summary.arms;
  std::vector<arm_summary> means;
  for (const auto& arm : results_by_arm(summary)) {
    const auto& best = arm.best();
    auto& one = means.emplace_back(*best.counted().front());
    one.name = arm.arm;
    one.arm.clear();
    const auto set = [&](auto member) {
      using target = std::remove_reference_t<decltype(one.*member)>;
      const auto found = best.statistics(member);
      if constexpr (std::is_integral_v<target>)
        one.*member = static_cast<target>(std::llround(found->mean));
      else if (found)
        one.*member = found->mean;
    };
    set(&arm_summary::rounds);
    set(&arm_summary::epochs);
    set(&arm_summary::final_accuracy);
    set(&arm_summary::best_accuracy);
    set(&arm_summary::bytes_up);
    set(&arm_summary::bytes_down);
    set(&arm_summary::virtual_seconds);
    set(&arm_summary::wall_seconds);
    one.rounds_to_target.reset();
    one.epochs_to_target.reset();
    one.bytes_up_to_target.reset();
    one.bytes_down_to_target.reset();
    one.virtual_seconds_to_target.reset();
  }
  return means;
}

std::map<std::string, std::string> arms_by_counted_training(const run_summary& summary) {
  std::map<std::string, std::string> arms;
  for (const auto& arm : results_by_arm(summary))
    for (const auto* one : arm.best().counted()) arms[one->name] = arm.arm;
  return arms;
}

std::string reached_text(const reached_range& found, std::size_t trainings,
                         const std::function<std::string(double)>& text_of, std::string_view dash) {
  if (!found.range) return std::string(dash);
  auto text = text_of(found.range->least);
  if (const auto most = text_of(found.range->most); most != text)
    text = fmt::format("{}{}{}", without_unit_of(most, text), dash, most);
  if (found.reached < trainings) text += fmt::format(" ({} of {})", found.reached, trainings);
  return text;
}

std::string tried_text(const tried_values& tried) {
  std::string text;
  for (const auto& [key, value] : tried)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key, value);
  return text;
}

bool repeats(const run_summary& summary) {
  return std::any_of(summary.arms.begin(), summary.arms.end(),
                     [](const auto& one) { return !one.arm.empty(); });
}

}  // namespace verge
