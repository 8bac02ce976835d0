#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/results/statistics.hpp"
#include "verge/runtime/ledger.hpp"

/// The results of a run's trainings by arm, where each arm is trained with several seeds or swept
/// values. All pointers point into the given summary, which must outlive them. In a run that trains
/// each arm once, every arm has one try with one training.
namespace verge {

/// The cost of reaching the target: its range over the seeds that reached it, and their number.
struct reached_range {
  std::optional<value_range> range;
  std::size_t reached = 0;
};

/// One combination of swept values, trained once per seed.
struct try_results {
  tried_values tried;
  /// The trainings that the summary has.
  std::vector<const arm_summary*> trainings;

  /// The trainings that have ended. If none has, those that have begun; if none has begun, all.
  std::vector<const arm_summary*> counted() const;
  std::vector<std::uint64_t> seeds() const;
  /// Status of all trainings together: failed where one has failed, else unfinished or stopped
  /// where one is.
  arm_status status() const;

  /// `value_of`: a member of arm_summary, or a function of an arm_summary. Its value may be an
  /// optional.
  template <class Value>
  std::optional<mean_and_deviation> statistics(Value value_of) const {
    return statistics_of(values(value_of));
  }
  /// `value_of`: the same, with an optional value that is unset where the target was not reached.
  template <class Value>
  reached_range to_target(Value value_of) const {
    const auto found = values(value_of);
    return {range_of(found), found.size()};
  }

private:
  /// The values of the counted trainings, without unset ones.
  template <class Value>
  std::vector<double> values(Value value_of) const {
    std::vector<double> found;
    for (const auto* one : counted()) {
      const auto value = std::invoke(value_of, *one);
      if constexpr (std::is_arithmetic_v<std::remove_const_t<decltype(value)>>)
        found.push_back(static_cast<double>(value));
      else if (value)
        found.push_back(static_cast<double>(*value));
    }
    return found;
  }
};

/// remark_on() of the only training. For several trainings a count, such as "1 of 3 failed". Empty
/// where all have ended.
std::string remark_on(const try_results& one);

struct arm_results {
  std::string arm;
  /// In the order in which they were run; at least one.
  std::vector<try_results> tries;
  /// Index of the try with the best mean of final accuracies; among equal ones, the first. A try
  /// with a failed training comes after those without one.
  std::size_t chosen = 0;

  const try_results& best() const { return tries[chosen]; }
  /// Status of all tries together, by the rule of try_results::status().
  arm_status status() const;
  /// True where a training of the best try has ended, so that its numbers are those of whole
  /// trainings.
  bool has_ended() const { return best().counted().front()->status == arm_status::ended; }
};

/// The arms in the order of their first trainings.
std::vector<arm_results> results_by_arm(const run_summary& summary);

/// One summary per arm, under the arm's name. Where arms are trained more than once, it holds the
/// means of the best try, without the costs of reaching the target.
std::vector<arm_summary> means_by_arm(const run_summary& summary);

/// The trainings over which means_by_arm() takes its means: from the training's name to the arm's
/// name.
std::map<std::string, std::string> arms_by_counted_training(const run_summary& summary);

/// "9", "9-12", "9-12 (2 of 3)", or the dash where no training reached the target. `trainings`:
/// their number; `text_of` writes a value.
std::string reached_text(const reached_range& found, std::size_t trainings,
                         const std::function<std::string(double)>& text_of,
                         std::string_view dash = "-");

/// `learning_rate = 0.1, codec_up = "none"`.
std::string tried_text(const tried_values& tried);

/// True where arms are trained more than once.
bool repeats(const run_summary& summary);

}  // namespace verge
