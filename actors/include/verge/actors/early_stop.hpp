#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace verge {

/// Which of the rules below has ended a run before its last round.
enum class stop_rule : std::uint8_t { none, target, patience };

/// As summaries write it: "none", "target", "patience".
constexpr std::string_view name_of(stop_rule rule) {
  constexpr std::string_view names[] = {"none", "target", "patience"};
  return names[static_cast<std::size_t>(rule)];
}

/// When a run ends before its last round. Rounds then wait for the tests that decide about them, so that where it ends
/// is the same on every machine.
struct early_stop_options {
  /// At the first test with this accuracy or more.
  std::optional<double> target;
  /// After so many tests in a row without a better one; 0 = never.
  std::uint32_t patience = 0;

  bool any() const { return target.has_value() || patience > 0; }
};

/// What the tests have come to so far.
struct tests_so_far {
  /// Below 0: there was none.
  double best = -1.0;
  /// In a row, without a better one than before.
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
