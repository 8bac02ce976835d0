#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace verge {

/// The rule that ended a run before its last round.
enum class stop_rule : std::uint8_t { none, target, patience };

/// The name that summaries use: "none", "target" or "patience".
constexpr std::string_view name_of(stop_rule rule) {
  constexpr std::string_view names[] = {"none", "target", "patience"};
  return names[static_cast<std::size_t>(rule)];
}

/// The rules that may end a run before its last round. If one is set, rounds wait for the
/// evaluations that decide about them, so that a run ends at the same round on every machine.
struct early_stop_options {
  /// Ends the run at the first evaluation with at least this accuracy. Unset: no target.
  std::optional<double> target;
  /// Ends the run after this number of evaluations in a row without a better accuracy; 0 = never.
  std::uint32_t patience = 0;

  bool any() const { return target.has_value() || patience > 0; }
};

/// The evaluations on the test set so far.
struct tests_so_far {
  /// Best accuracy; below 0 before the first evaluation.
  double best = -1.0;
  /// Evaluations in a row, up to the last one, that were not better than the best before them.
  std::uint32_t without_better = 0;

  void add(double accuracy) {
    without_better = accuracy > best ? 0 : without_better + 1;
    if (accuracy > best) best = accuracy;
  }

  stop_rule reached(const early_stop_options& when) const {
    if (when.target && best >= *when.target) return stop_rule::target;
    if (when.patience > 0 && without_better >= when.patience) return stop_rule::patience;
    return stop_rule::none;
  }
};

}  // namespace verge
