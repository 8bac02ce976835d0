#include "verge/model/partition.hpp"

#include <fmt/format.h>

#include <limits>
#include <numeric>
#include <utility>

#include "verge/messages/errors.hpp"
#include "verge/model/random.hpp"

namespace verge {

partition partition::iid(std::size_t samples, std::uint32_t devices, std::uint64_t seed) {
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
  // Fisher-Yates: the last place gets any of the samples, the one before it any of the rest, ...
  const random_stream stream(seed, random_purpose::partition);
  std::vector<std::uint32_t> order(samples);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t left = samples; left > 1; --left) {
    std::swap(order[left - 1], order[stream.below(left, left)]);
  }

  std::vector<std::size_t> bounds(std::size_t{devices} + 1, 0);
  for (std::size_t device = 0; device < devices; ++device) {
    bounds[device + 1] = bounds[device] + samples / devices + (device < samples % devices ? 1 : 0);
  }
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
