#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "verge/messages/ids.hpp"

namespace verge {

/// The endless order in which one device walks its shard: one shuffle per epoch, one after the
/// other. Position p is sample shuffle(seed, device, p / size)[p % size]. This is a function of its
/// arguments, so a device that skipped rounds or was restarted needs no memory of what it has seen.
/// Immutable.
class device_order {
public:
  /// size >= 1.
  device_order(std::uint64_t seed, device_id device, std::size_t size);

  /// Index into the shard.
  std::size_t operator[](std::uint64_t position) const;
  /// Writes the indices of successive positions, from `position` on, into every `stride`-th element
  /// of `indices`, from the first on. Much quicker than one by one, because a shuffle is made once
  /// per epoch.
  void walk(std::uint64_t position, std::span<std::size_t> indices, std::size_t stride = 1) const;

private:
  std::uint64_t seed_;
  device_id device_;
  std::size_t size_;
};

/// The order of the centralized arm over the union of all shards: position p is position p / K of
/// device p % K. So a centralized batch of K * B holds exactly the samples that K devices with
/// batches of B use in the same round, and the arms differ in nothing but the method. An epoch is
/// size() positions. It holds every sample once if all shards have the same size. Immutable.
class union_order {
public:
  /// Devices are 0 .. shard_sizes.size() - 1; at least one, each of size >= 1.
  union_order(std::uint64_t seed, std::span<const std::size_t> shard_sizes);

  /// Number of samples in all shards.
  std::size_t size() const { return offsets_.back(); }
  std::size_t devices() const { return offsets_.size() - 1; }
  /// Index into the concatenation of the shards.
  std::size_t operator[](std::uint64_t position) const;
  /// Writes the indices of positions `position` .. `position + indices.size() - 1`.
  void walk(std::uint64_t position, std::span<std::size_t> indices) const;

private:
  std::uint64_t seed_;
  /// Shard k is [offsets_[k], offsets_[k + 1]) of the concatenation.
  std::vector<std::size_t> offsets_;
};

}  // namespace verge
