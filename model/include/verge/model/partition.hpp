#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verge/model/dataset.hpp"
#include "verge/model/partition_rule.hpp"

namespace verge {

/// Assigns each sample to one device: an exact, disjoint cover of a dataset by device_count()
/// shards, none of which is empty. It is a function of the labels, the rule, the number of devices
/// and the seed. Immutable.
class partition {
public:
  /// Deals out `whole` by `rule`. Throws bad_input when a shard would be empty, or when the rule
  /// cannot be kept with these numbers of devices, samples and labels.
  static partition make(const partition_rule& rule, const dataset& whole, std::uint32_t devices,
                        std::uint64_t seed);

  /// IID, which needs no labels: one seeded shuffle, cut into `devices` runs whose sizes differ by
  /// at most one (the first samples % devices shards have one sample more). Throws bad_input when a
  /// shard would be empty.
  static partition iid(std::size_t samples, std::uint32_t devices, std::uint64_t seed);

  /// Sample i is held by device holders[i]; a device has its samples in the dataset's order. Throws
  /// bad_input when a holder is not below `devices`, or a shard would be empty.
  static partition of_holders(const std::vector<std::uint32_t>& holders, std::uint32_t devices);

  std::uint32_t device_count() const { return static_cast<std::uint32_t>(bounds_.size() - 1); }

  /// The samples of `device` in `whole`, the dataset that this partition was made for.
  dataset_ptr shard(const dataset_ptr& whole, std::uint32_t device) const;

private:
  partition(std::vector<std::uint32_t> order, std::vector<std::size_t> bounds);

  subset::index_list order_;
  std::vector<std::size_t> bounds_;
};

}  // namespace verge
