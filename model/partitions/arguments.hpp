#pragma once

#include <cstdint>

#include "verge/model/call_text.hpp"

// Arguments that several rules take.

namespace verge::partitions {

/// Within it no sampler overflows, and Dir(alpha) is at its limits long before.
inline constexpr number_rule concentration{1e-6, false, 1e6, false,
                                           "a number from 0.000001 to 1000000"};

/// Labels, or pieces of the data, for each device.
inline std::uint32_t per_device_of(const call_text& call) {
  constexpr number_rule a_count{1.0, false, 1e6, true, "a whole number from 1 to 1000000"};
  return static_cast<std::uint32_t>(call.number("per_device", 0, a_count));
}

}  // namespace verge::partitions
