#include "verge/model/partition.hpp"

#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <utility>

#include "model/partitions/deal.hpp"
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

/// Deals samples by the rules that look at labels or sizes.
struct dealer {
  const dataset& whole;
  std::uint32_t devices;
  std::uint64_t seed;

  partitions::holder_list operator()(const dirichlet_partition& rule) const {
    return rule.equal_sizes ? partitions::deal_equal_dirichlet(rule, whole, devices, seed)
                            : partitions::deal_dirichlet(rule, whole, devices, seed);
  }
  partitions::holder_list operator()(const shards_partition& rule) const {
    return partitions::deal_shards(rule, whole, devices, seed);
  }
  partitions::holder_list operator()(const labels_partition& rule) const {
    return partitions::deal_labels(rule, whole, devices, seed);
  }
  partitions::holder_list operator()(const quantity_partition& rule) const {
    return partitions::deal_quantity(rule, whole, devices, seed);
  }
};

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
  return std::visit(
      [&](const auto& chosen) {
        if constexpr (std::is_same_v<decltype(chosen), const iid_partition&>)
          return iid(whole.size(), devices, seed);
        else
          return partition(dealer{whole, devices, seed}(chosen), devices);
      },
      rule);
}

partition::partition(const std::vector<std::uint32_t>& holders, std::uint32_t devices)
    : bounds_(std::size_t{devices} + 1, 0) {
  // Counting sort by device. Each device's samples keep the dataset's order.
  for (const auto device : holders) ++bounds_[device + 1];
  std::partial_sum(bounds_.begin(), bounds_.end(), bounds_.begin());
  auto next = bounds_;
  std::vector<std::uint32_t> order(holders.size());
  for (std::uint32_t sample = 0; sample < holders.size(); ++sample)
    order[next[holders[sample]]++] = sample;
  order_ = std::make_shared<const std::vector<std::uint32_t>>(std::move(order));
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
