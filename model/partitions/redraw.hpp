#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "model/partitions/holders.hpp"

namespace verge::partitions {

/// Number of draws of sizes before the rule gives up. A rarer result is not what the rule means.
constexpr std::uint32_t most_attempts = 100;

/// The smallest shard that a draw of sizes may give: a thousandth of an equal share, but at least 1
/// sample and at most the 10 of Li et al. 2022. A fixed 10 would change the distribution. With 100
/// devices and 600 samples on average, Dir(0.5) gives every device 10 or more about once in 40,000
/// draws, and 1 or more once in 10.
inline std::size_t least_shard(std::size_t samples, std::uint32_t devices) {
  return std::clamp<std::size_t>(samples / (std::size_t{1000} * devices), 1, 10);
}

/// The first of deal(0), deal(1), ... in which every device holds at least least_shard() samples.
/// Throws bad_input when none of most_attempts draws does. `expected` says what would help.
template <class Deal>
holder_list redraw(const partition_rule& rule, std::size_t samples, std::uint32_t devices,
                   const char* expected, Deal deal) {
  const auto least = least_shard(samples, devices);
  for (std::uint32_t attempt = 0; attempt < most_attempts; ++attempt) {
    auto holders = deal(attempt);
    std::vector<std::size_t> sizes(devices, 0);
    for (const auto device : holders) ++sizes[device];
    if (*std::min_element(sizes.begin(), sizes.end()) >= least) return holders;
  }
  refuse(rule,
         fmt::format("each of {} draws left one of {} devices with fewer than {} of {} samples; "
                     "expected {}",
                     most_attempts, devices, least, samples, expected));
}

}  // namespace verge::partitions
