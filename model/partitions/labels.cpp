#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "model/partitions/arguments.hpp"
#include "model/partitions/holders.hpp"
#include "model/partitions/rule_readers.hpp"
#include "verge/model/partition.hpp"

// Li et al., "Federated learning on non-IID data silos: an experimental study", ICDE 2022, where
// the rule is called #C = c: each device has c labels, and the devices that have a label share its
// samples evenly. Device i takes label i mod C first, so that no label is left out. If there are
// fewer devices than labels, the devices take the remaining labels in turn. A device's other labels
// are drawn at random.

namespace verge::partitions {

namespace {

using place = std::uint32_t;  // position of a label among those that samples have

/// For each label, the devices that have it, in ascending order.
std::vector<std::vector<std::uint32_t>> draw_holders(place labels, std::uint32_t per_device,
                                                     std::uint32_t devices, std::uint64_t seed) {
  std::vector<std::vector<std::uint32_t>> holders(labels);
  std::vector<place> order(labels);
  for (std::uint32_t device = 0; device < devices; ++device) {
    for (place i = 0; i < labels; ++i) order[i] = i;
    place taken = 0;
    // The labels device, device + devices, ... are the ones that this device has to take.
    for (std::uint64_t i = device; i < std::max<std::uint64_t>(labels, devices); i += devices)
      std::swap(order[taken++], order[i % labels]);
    const auto stream = stream_of(seed, draw::labels, device);
    for (; taken < per_device; ++taken)
      std::swap(order[taken], order[taken + stream.below(taken, labels - taken)]);
    for (place i = 0; i < per_device; ++i) holders[order[i]].push_back(device);
  }
  return holders;
}

partition deal_labels(std::uint32_t per_device, const partition_rule& rule, const dataset& whole,
                      std::uint32_t devices, std::uint64_t seed) {
  const samples_by_label samples(whole, seed);
  const auto labels = samples.present();
  const auto count = static_cast<place>(labels.size());
  if (per_device > count)
    refuse(rule, fmt::format("there are {} labels; expected at most so many a device", count));
  if (std::uint64_t{devices} * per_device < count)
    refuse(rule,
           fmt::format("{} devices with {} labels each leave some of {} labels out; expected more "
                       "devices, or more labels each",
                       devices, per_device, count));

  const auto holders_of = draw_holders(count, per_device, devices, seed);
  holder_list holders(samples.size());
  for (place i = 0; i < count; ++i) {
    const auto mine = samples.of(labels[i]);
    const auto& sharing = holders_of[i];
    if (sharing.size() > mine.size())
      refuse(rule, fmt::format(
                       "{} devices have label {}, of which there are {} samples; expected at least "
                       "one each",
                       sharing.size(), labels[i], mine.size()));
    for (std::size_t k = 0; k < sharing.size(); ++k) {
      const auto end = even_bound(mine.size(), sharing.size(), k + 1);
      for (auto at = even_bound(mine.size(), sharing.size(), k); at < end; ++at)
        holders[mine[at]] = sharing[k];
    }
  }
  return partition::of_holders(holders, devices);
}

}  // namespace

partition_rule read_labels(const call_text& call) {
  const auto per_device = per_device_of(call);
  return {fmt::format("labels({})", per_device), std::bind_front(deal_labels, per_device)};
}

}  // namespace verge::partitions
