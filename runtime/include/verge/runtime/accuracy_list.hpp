#pragma once

#include <optional>
#include <vector>

namespace verge {

/// Accuracies of a model on the test samples of each label, or for each device: from 0 to 1, absent where no test sample
/// tells.
using accuracy_list = std::vector<std::optional<double>>;

/// Of a list, those that are there.
struct accuracy_spread {
  double lowest = 0.0;
  /// Of an even number the larger of the two in the middle.
  double median = 0.0;
  double highest = 0.0;

  friend bool operator==(const accuracy_spread&, const accuracy_spread&) = default;
};

/// Nothing where none is there.
std::optional<accuracy_spread> spread_of(const accuracy_list& list);

}  // namespace verge
