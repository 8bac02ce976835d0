#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge {

/// Who holds which sample: an exact, disjoint cover of a dataset by device_count() shards.
class partition {
public:
  /// IID: one seeded shuffle cut into `devices` runs whose sizes differ by at most one (the first
  /// samples % devices shards are one larger). Throws bad_input when a shard would be empty.
  static partition iid(std::size_t samples, std::uint32_t devices, std::uint64_t seed);

  std::uint32_t device_count() const { return static_cast<std::uint32_t>(bounds_.size() - 1); }

  /// Device `device`'s samples of `whole`, the dataset this partition was made for.
  dataset_ptr shard(const dataset_ptr& whole, std::uint32_t device) const;

private:
  partition(std::vector<std::uint32_t> order, std::vector<std::size_t> bounds);

  subset::index_list order_;
  std::vector<std::size_t> bounds_;
};

}  // namespace verge
