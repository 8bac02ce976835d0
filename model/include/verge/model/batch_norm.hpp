#pragma once

#include <cstdint>

namespace verge {

/// Where the running statistics of batch norm come from with which a shared model is evaluated. See
/// docs/batch_norm.md.
enum class batch_norm_policy : std::uint8_t {
  /// The server pools the statistics that the devices measured in each round.
  pooled,
  /// Each device keeps its own. They do not travel, and there is one model per device.
  local,
  /// The server measures them anew for each evaluation, on samples of its own.
  recalibrate,
};

}  // namespace verge
