#pragma once

#include <cstdint>

#include "verge/messages/ids.hpp"

namespace verge {

/// A device of a cohort: the samples and steps that its update must be made of, and its weight in
/// the mean.
struct asked_device {
  device_id device;
  std::uint64_t samples = 0;
  std::uint64_t weight = 0;
  std::uint32_t steps = 0;
};

/// An update that is in the sum of a committed round.
struct counted_update {
  device_id device;
  std::uint64_t samples = 0;
  double loss = 0.0;
};

}  // namespace verge
