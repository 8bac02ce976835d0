#include "verge/model/partition.hpp"

#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <utility>

#include "model/partitions/holders.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

void check_counts(std::size_t samples, std::uint32_t devices) {
  if (devices == 0) throw bad_input("a partition needs at least one device");
  if (devices > samples) {
    throw bad_input(
        fmt::format("{} devices cannot share {} samples; expected at least one sample a device",
                    devices, samples));
  }
  if (samples > std::numeric_limits<std::uint32_t>::max()) {
    throw bad_input(
        fmt::format("a dataset of {} samples cannot be partitioned; expected at most {}", samples,
                    std::numeric_limits<std::uint32_t>::max()));
  }
}

}  // namespace

partition partition::iid(std::size_t samples, std::uint32_t devices, std::uint64_t seed) {
  check_counts(samples, devices);
  std::vector<std::size_t> bounds(std::size_t{devices} + 1, 0);
  for (std::size_t device = 0; device < devices; ++device) {
    bounds[device + 1] = bounds[device] + samples / devices + (device < samples % devices ? 1 : 0);
  }
  const auto stream = partitions::stream_of(seed, partitions::draw::order);
  return partition(partitions::shuffled(samples, stream), std::move(bounds));
}

partition partition::make(const partition_rule& rule, const dataset& whole, std::uint32_t devices,
                          std::uint64_t seed) {
  check_counts(whole.size(), devices);
  auto dealt = rule.deal(rule, whole, devices, seed);
  if (dealt.order_->size() != whole.size() || dealt.device_count() != devices)
    partitions::refuse(
        rule, fmt::format("{} samples were dealt to {} devices; expected {} to {}",
                          dealt.order_->size(), dealt.device_count(), whole.size(), devices));
  return dealt;
}

partition partition::of_holders(const std::vector<std::uint32_t>& holders, std::uint32_t devices) {
  // Counting sort: device after device, each device's samples in the dataset's order.
  std::vector<std::size_t> bounds(std::size_t{devices} + 1, 0);
  for (std::size_t sample = 0; sample < holders.size(); ++sample) {
    if (holders[sample] >= devices)
      throw bad_input(fmt::format("sample {} is dealt to device {}; expected a device below {}",
                                  sample, holders[sample], devices));
    ++bounds[holders[sample] + 1];
  }
  for (std::uint32_t device = 0; device < devices; ++device)
    if (bounds[device + 1] == 0)
      throw bad_input(fmt::format(
          "device {} is dealt no sample; expected at least one sample a device", device));
  std::partial_sum(bounds.begin(), bounds.end(), bounds.begin());
  auto next = bounds;
  std::vector<std::uint32_t> order(holders.size());
  for (std::uint32_t sample = 0; sample < holders.size(); ++sample)
    order[next[holders[sample]]++] = sample;
  return partition(std::move(order), std::move(bounds));
}

partition::partition(std::vector<std::uint32_t> order, std::vector<std::size_t> bounds)
    : order_(std::make_shared<const std::vector<std::uint32_t>>(std::move(order))),
      bounds_(std::move(bounds)) {}

dataset_ptr partition::shard(const dataset_ptr& whole, std::uint32_t device) const {
  if (device >= device_count()) {
    throw bad_input(
        fmt::format("there is no device {} in a partition of {}", device, device_count()));
  }
  if (whole->size() != order_->size()) {
    throw bad_input(fmt::format("a partition of {} samples cannot cut a dataset of {}",
                                order_->size(), whole->size()));
  }
  return std::make_shared<const subset>(whole, order_, bounds_[device], bounds_[device + 1]);
}

}  // namespace verge
