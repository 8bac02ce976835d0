#pragma once

#include <cstdint>

namespace verge {

/// Who says what the running statistics of batch norm are that a shared model is evaluated with:
/// docs/batch_norm.md.
enum class batch_norm_policy : std::uint8_t {
  /// The server: it pools what the devices measured in each round.
  pooled,
  /// Each device, for itself: nothing about them travels, and there are as many models as devices.
  local,
  /// The server: it measures them anew for each evaluation, on samples of its own.
  recalibrate,
};

}  // namespace verge
