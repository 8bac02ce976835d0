#include <fmt/format.h>

#include <functional>

#include "model/partitions/arguments.hpp"
#include "model/partitions/holders.hpp"
#include "model/partitions/rule_readers.hpp"
#include "verge/model/partition.hpp"

// McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
// AISTATS 2017: the samples are sorted by label and cut into devices x per_device pieces of equal
// size, of which each device gets per_device at random.

namespace verge::partitions {

namespace {

partition deal_shards(std::uint32_t per_device, const partition_rule& rule, const dataset& whole,
                      std::uint32_t devices, std::uint64_t seed) {
  const auto pieces = std::uint64_t{devices} * per_device;
  if (pieces > whole.size())
    refuse(rule,
           fmt::format("{} devices with {} pieces each cut {} samples into {} pieces; expected at "
                       "most one a sample",
                       devices, per_device, whole.size(), pieces));
  const samples_by_label samples(whole, seed);
  const auto dealt = shuffled(pieces, stream_of(seed, draw::pieces));
  holder_list holders(samples.size());
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const auto end = even_bound(samples.size(), pieces, dealt[i] + std::uint64_t{1});
    for (auto at = even_bound(samples.size(), pieces, dealt[i]); at < end; ++at)
      holders[samples.all()[at]] = static_cast<std::uint32_t>(i / per_device);
  }
  return partition::of_holders(holders, devices);
}

}  // namespace

partition_rule read_shards(const call_text& call) {
  const auto per_device = per_device_of(call);
  return {fmt::format("shards({})", per_device), std::bind_front(deal_shards, per_device)};
}

}  // namespace verge::partitions
