#include "runtime/plan/batch_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/data/local_data.hpp"

namespace verge {

namespace {

std::string samples_text(std::uint64_t count) {
  return fmt::format("{} sample{}", count, count == 1 ? "" : "s");
}

}  // namespace

batch_floor batch_floor_of(const network& model) {
  const auto layers = model.batch_norm_layers();
  const auto narrow = std::ranges::find_if(
      layers, [](const auto& layer) { return layer.height == 1 && layer.width == 1; });
  if (narrow == layers.end()) return {};
  const auto& input = model.options().input;
  return {2, fmt::format("the maps of batch-norm layer {} are 1x1 for samples of {}x{}, and of one "
                         "value a channel there is no variance",
                         narrow->name, input.height, input.width)};
}

shard_sizes shards_of(const run_plan& plan) {
  return {static_cast<std::uint32_t>(plan.devices.size()),
          [&plan](std::uint32_t i) { return std::uint64_t{plan.devices[i]->size()}; }};
}

shard_sizes shards_of(const std::vector<dataset_ptr>& shards) {
  return {static_cast<std::uint32_t>(shards.size()),
          [&shards](std::uint32_t i) { return std::uint64_t{shards[i]->size()}; }};
}

std::string why_batches_are_too_small(const network& model, const local_work& work,
                                      const shard_sizes& shards) {
  const auto floor = batch_floor_of(model);
  if (work.batch_size < floor.samples)
    return fmt::format("every batch is {}: {}", samples_text(work.batch_size), floor.because);
  std::uint32_t first = 0, count = 0;
  for (std::uint32_t i = 0; i < shards.devices; ++i) {
    if (smallest_batch(work, shards.size(i)) >= floor.samples) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return {};
  const auto held = shards.size(first);
  return fmt::format("device {}{} of {} holds {}, and its last batch of each epoch is {}: {}",
                     first, count == 1 ? "" : fmt::format(" (and {} more)", count - 1),
                     shards.devices, samples_text(held), samples_text(smallest_batch(work, held)),
                     floor.because);
}

}  // namespace verge
