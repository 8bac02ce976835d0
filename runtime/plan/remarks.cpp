#include "runtime/plan/remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "actors/round/modelled_links.hpp"

namespace verge {

namespace {

/// Empty where no shard is smaller than a batch.
std::string on_small_shards(const arm_options& arm, const local_work& work,
                            const shard_sizes& shards) {
  std::uint32_t smaller = 0;
  std::uint64_t least = arm.batch_size;
  for (std::uint32_t i = 0; i < shards.devices; ++i) {
    if (shards.size(i) < arm.batch_size) ++smaller;
    least = std::min(least, shards.size(i));
  }
  if (smaller == 0) return {};
  const auto who = arm.strategy == strategy_kind::centralized
                       ? fmt::format("the {} samples that there are: a batch", least)
                       : fmt::format("{} of {} devices hold ({} at least): a batch of theirs",
                                     smaller, shards.devices, least);
  return fmt::format(
      "arm {}: batch_size = {} is more than {} {}", arm.name, arm.batch_size, who,
      work.local_epochs > 0 ? "is their whole shard" : "goes through some samples more than once");
}

/// Empty where the trace has one row per device.
std::string on_trace(const experiment& what, const run_plan& plan) {
  const std::size_t rows = plan.links->devices.profiles(), devices = plan.device_count();
  if (rows == devices) return {};
  return fmt::format(
      "links.trace = \"{}\" has {} rows for {} devices: {}", what.links->trace.string(), rows,
      devices,
      rows > devices ? "those behind are not used" : "behind the last row it begins again");
}

}  // namespace

std::vector<std::string> remarks_on(const experiment& what, const arm_options& arm,
                                    const run_plan& plan, const shard_sizes& shards) {
  std::vector<std::string> remarks{on_small_shards(arm, plan.how.plan.work, shards)};
  const bool has_devices = arm.strategy != strategy_kind::centralized;
  if (has_devices && plan.links && !what.links->trace.empty())
    remarks.push_back(on_trace(what, plan));
  std::erase(remarks, std::string{});
  return remarks;
}

}  // namespace verge
