#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace verge {

/// Devices that lost the same server must not all return at the same moment. This gives the pauses
/// between their attempts: twice as long each time, within a range, and spread at random. Not
/// thread-safe.
class back_off {
public:
  std::chrono::milliseconds next() {
    std::uniform_real_distribution<double> spread{0.5, 1.0};
    const auto pause = std::chrono::milliseconds{
        static_cast<std::int64_t>(static_cast<double>(pause_.count()) * spread(random_))};
    pause_ = std::min(pause_ * 2, longest);
    return pause;
  }
  void reset() { pause_ = shortest; }

private:
  static constexpr std::chrono::milliseconds shortest{200};
  static constexpr std::chrono::milliseconds longest{10000};

  std::chrono::milliseconds pause_ = shortest;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace verge
