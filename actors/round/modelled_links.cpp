#include "actors/round/modelled_links.hpp"

#include <algorithm>

namespace verge {

modelled_links::modelled_round modelled_links::round_of(const std::vector<device_load>& loads,
                                                        std::uint64_t order_bytes) const {
  modelled_round round;
  std::vector<link_load> links;
  for (const auto& load : loads) {
    const auto profile = devices.of(load.device);
    const auto compute =
        profile.compute *
        (per_sample ? *per_sample * static_cast<double>(load.samples) : load.compute);
    round.compute = std::max(round.compute, compute);
    links.push_back({profile.down, profile.up, profile.latency, load.bytes_down + order_bytes,
                     load.bytes_up, compute});
  }
  round.time = round_time(links, server);
  return round;
}

}  // namespace verge
