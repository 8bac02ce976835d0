#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verge/model/dataset.hpp"
#include "verge/model/partition_rule.hpp"

namespace verge {

/// Who holds which sample: an exact, disjoint cover of a dataset by device_count() shards, of which
/// none is empty. A function of the labels, the rule, the number of devices and the seed.
class partition {
public:
  /// Deals `whole` by `rule`. Throws bad_input when a shard would be empty, or the rule cannot be kept
  /// with so many devices, samples and labels.
  static partition make(const partition_rule& rule, const dataset& whole, std::uint32_t devices,
                        std::uint64_t seed);

  /// IID, which needs no labels: one seeded shuffle cut into `devices` runs whose sizes differ by at
  /// most one (the first samples % devices shards are one larger). Throws bad_input when a shard would
  /// be empty.
  static partition iid(std::size_t samples, std::uint32_t devices, std::uint64_t seed);

  std::uint32_t device_count() const { return static_cast<std::uint32_t>(bounds_.size() - 1); }

  /// Device `device`'s samples of `whole`, the dataset this partition was made for.
  dataset_ptr shard(const dataset_ptr& whole, std::uint32_t device) const;

private:
  /// Sample i is held by device holders[i].
  partition(const std::vector<std::uint32_t>& holders, std::uint32_t devices);
  partition(std::vector<std::uint32_t> order, std::vector<std::size_t> bounds);

  subset::index_list order_;
  std::vector<std::size_t> bounds_;
};

}  // namespace verge
