#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "verge/messages/local_work.hpp"
#include "verge/model/dataset.hpp"
#include "verge/model/network.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// The smallest batch that a network trains on, and why it takes no smaller one.
struct batch_floor {
  std::uint32_t samples = 1;
  std::string because;
};

/// Two samples where a batch-norm layer sees one value a sample and channel, for of one value there is no variance.
batch_floor batch_floor_of(const network& model);

/// The shards of a run: device i of `devices` holds size(i) samples, at least one. Good as long as what it was made of.
struct shard_sizes {
  std::uint32_t devices = 0;
  std::function<std::uint64_t(std::uint32_t)> size;
};

shard_sizes shards_of(const run_plan& plan);
shard_sizes shards_of(const std::vector<dataset_ptr>& shards);

/// Why some batch of `work` on these shards is none that `model` trains on; empty where all are. No shards: they are not
/// known, and what any of them would lead to counts.
std::string why_batches_are_too_small(const network& model, const local_work& work,
                                      const shard_sizes& shards);

}  // namespace verge
