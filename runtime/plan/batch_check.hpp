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

/// The smallest batch on which a network can train, and the reason.
struct batch_floor {
  std::uint32_t samples = 1;
  std::string because;
};

/// Two samples where a batch-norm layer sees one value per sample and channel, because one value
/// has no variance.
batch_floor batch_floor_of(const network& model);

/// The sizes of a run's shards: device i of `devices` holds size(i) samples, at least one. Refers
/// to the plan or shards that it was made from, which must outlive it.
struct shard_sizes {
  std::uint32_t devices = 0;
  std::function<std::uint64_t(std::uint32_t)> size;
};

shard_sizes shards_of(const run_plan& plan);
shard_sizes shards_of(const std::vector<dataset_ptr>& shards);

/// Why `model` cannot train on some batch of `work` on these shards; empty where it can train on
/// all. Where the shards are unknown (`devices` is 0), only the batch size itself counts.
std::string why_batches_are_too_small(const network& model, const local_work& work,
                                      const shard_sizes& shards);

}  // namespace verge
