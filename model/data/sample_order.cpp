#include "model/data/sample_order.hpp"

#include <algorithm>

#include "model/random/random.hpp"

namespace verge {

device_order::device_order(std::uint64_t seed, device_id device, std::size_t size)
    : seed_(seed), device_(device), size_(size) {}

std::size_t device_order::operator[](std::uint64_t position) const {
  std::size_t index = 0;
  walk(position, {&index, 1});
  return index;
}

void device_order::walk(std::uint64_t position, std::span<std::size_t> indices,
                        std::size_t stride) const {
  std::size_t next = 0;
  while (next < indices.size()) {
    const std::uint64_t epoch = position / size_;
    const shuffle order(size_, random_stream(seed_, random_purpose::sample_order, device_.value,
                                             static_cast<std::uint32_t>(epoch)));
    std::size_t place = position % size_;
    for (; place < size_ && next < indices.size(); ++place, ++position, next += stride) {
      indices[next] = order[place];
    }
  }
}

union_order::union_order(std::uint64_t seed, std::span<const std::size_t> shard_sizes)
    : seed_(seed), offsets_{0} {
  offsets_.reserve(shard_sizes.size() + 1);
  for (const std::size_t size : shard_sizes) offsets_.push_back(offsets_.back() + size);
}

std::size_t union_order::operator[](std::uint64_t position) const {
  std::size_t index = 0;
  walk(position, {&index, 1});
  return index;
}

void union_order::walk(std::uint64_t position, std::span<std::size_t> indices) const {
  // Device after device: each fills its own places in `indices`, K apart.
  const std::size_t count = devices();
  for (std::size_t first = 0; first < std::min(count, indices.size()); ++first) {
    const std::size_t device = (position + first) % count;
    const device_order order(seed_, device_id{static_cast<std::uint32_t>(device)},
                             offsets_[device + 1] - offsets_[device]);
    order.walk((position + first) / count, indices.subspan(first), count);
    for (std::size_t i = first; i < indices.size(); i += count) indices[i] += offsets_[device];
  }
}

}  // namespace verge
