#include "verge/runtime/run_plan.hpp"

#include <utility>

#include "model/data/local_data.hpp"

namespace verge {

std::vector<local_data_ptr> one_device(std::uint64_t seed, std::vector<dataset_ptr> shards,
                                       augmentation augment) {
  return {local_data::of_union(seed, std::move(shards), augment)};
}

std::vector<local_data_ptr> devices_of(std::uint64_t seed, const std::vector<dataset_ptr>& shards,
                                       augmentation augment) {
  std::vector<local_data_ptr> devices;
  devices.reserve(shards.size());
  for (std::uint32_t i = 0; i < shards.size(); ++i)
    devices.push_back(local_data::of_device(seed, device_id{i}, shards[i], augment));
  return devices;
}

}  // namespace verge
