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

/// What the trainings of a run come to by arm, where each arm is trained with several seeds or values. All pointers
/// point into the summary that was given. A run that trains each arm once has arms of one try and one training.
namespace verge {

/// What it took to the target: the range over those seeds that reached it, and how many they are.
struct reached_range {
  std::optional<value_range> range;
  std::size_t reached = 0;
};

/// One choice of the swept values, trained once a seed.
struct try_results {
  tried_values tried;
  /// As far as they have begun.
  std::vector<const arm_summary*> trainings;

  /// Those that have come to their end; where none has those that have begun, and where none has that either all.
  std::vector<const arm_summary*> counted() const;
  std::vector<std::uint64_t> seeds() const;
  /// That of all trainings: failed where one has, else unfinished or stopped where one is.
  arm_status status() const;

  /// `value_of`: a member of arm_summary, or a function of one; it may be an optional.
  template <class Value>
  std::optional<mean_and_deviation> statistics(Value value_of) const {
    return statistics_of(values(value_of));
  }
  /// `value_of`: the same, absent where the target was not reached.
  template <class Value>
  reached_range to_target(Value value_of) const {
    const auto found = values(value_of);
    return {range_of(found), found.size()};
  }

private:
  /// Of the counted trainings, without those that have none.
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

/// remark_on() the only training; of several how many of them, as "1 of 3 failed"; empty where all have ended.
std::string remark_on(const try_results& one);

struct arm_results {
  std::string arm;
  /// In the order in which they were run, at least one.
  std::vector<try_results> tries;
  /// That of the best mean of final accuracies, of equal ones the first; one of which a training has failed comes after
  /// those of which none has.
  std::size_t chosen = 0;

  const try_results& best() const { return tries[chosen]; }
  /// That of all tries, as that of all trainings of a try.
  arm_status status() const;
  /// A training of the best try has: its numbers are those of whole trainings.
  bool has_ended() const { return best().counted().front()->status == arm_status::ended; }
};

/// In the order in which the arms come first.
std::vector<arm_results> results_by_arm(const run_summary& summary);

/// One an arm, called by the arm's name: the means of its best try, where arms are trained more than once. What it
/// took to the target is not among them.
std::vector<arm_summary> means_by_arm(const run_summary& summary);

/// The trainings that means_by_arm() is of: the arm's name by that of the training.
std::map<std::string, std::string> arms_by_counted_training(const run_summary& summary);

/// "9", "9-12", "9-12 (2 of 3)", or the dash where none reached it. `trainings`: how many might have; `text_of` writes a
/// number.
std::string reached_text(const reached_range& found, std::size_t trainings,
                         const std::function<std::string(double)>& text_of,
                         std::string_view dash = "-");

/// `learning_rate = 0.1, codec_up = "none"`.
std::string tried_text(const tried_values& tried);

/// Arms are trained more than once each.
bool repeats(const run_summary& summary);

}  // namespace verge
