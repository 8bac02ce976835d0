#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/data/sample_order.hpp"
#include "verge/messages/ids.hpp"
#include "verge/messages/local_work.hpp"
#include "verge/model/augmentation.hpp"
#include "verge/model/dataset.hpp"

namespace verge {

/// The reason why no device can do `work`, whatever its shard; empty where it can be done.
std::string why_unusable(const local_work& work);

/// One device's data as its trainer sees it: the shard, the order in which it is walked, and how
/// its samples are augmented. Immutable, so the device shares it with the trainer that works for
/// it.
class local_data {
public:
  /// The data of a device of a run. Its order is device_order(seed, device, shard->size()). Throws
  /// bad_input when the shard is empty.
  static std::shared_ptr<const local_data> of_device(std::uint64_t seed, device_id device,
                                                     dataset_ptr shard, augmentation augment);
  /// The data of the single device of the centralized arm, device 0. It holds the union of the
  /// shards of devices 0, 1, ... and walks it in union_order. Throws bad_input when there is no
  /// shard, one is empty, or they differ in shape or classes.
  static std::shared_ptr<const local_data> of_union(std::uint64_t seed,
                                                    std::vector<dataset_ptr> shards,
                                                    augmentation augment);

  std::uint64_t seed() const { return seed_; }
  device_id device() const { return device_; }
  std::size_t size() const { return samples_->size(); }
  sample_shape shape() const { return samples_->shape(); }

  /// Number of steps that `work` takes on this shard. Like all functions that take `work`, it
  /// throws run_failure where `work` is not as local_work says.
  std::uint32_t steps(const local_work& work) const;
  /// Number of samples in step `step` of `work` (the last of a local epoch may be smaller than
  /// batch_size).
  std::uint32_t batch_size(const local_work& work, std::uint32_t step) const;
  /// Number of samples that `work` goes through in all, which is the weight of the update.
  std::uint64_t samples(const local_work& work) const;

  /// Writes the batch of `step` < steps(work): n = batch_size(work, step) samples one after the
  /// other, n * shape().elements() features and n labels. The batch is a function of (seed, device,
  /// round, step). With local steps, round r >= 1 and step s start at position ((r - 1) * steps +
  /// s) * batch_size of the endless order. With local epochs E, round r starts at position (r - 1)
  /// * E * size(), and no batch crosses the end of an epoch. A sample of the union is augmented as
  /// the device that holds it would augment it in that round.
  void read_batch(const local_work& work, round_id round, std::uint32_t step,
                  std::span<float> features, std::span<std::int64_t> labels) const;

private:
  using sample_order = std::variant<device_order, union_order>;

  local_data(std::uint64_t seed, device_id device, dataset_ptr samples, sample_order order,
             augmentation augment);

  void augment_sample(std::span<float> sample, round_id round, std::uint64_t round_start,
                      std::uint64_t position) const;

  std::uint64_t seed_;
  device_id device_;
  dataset_ptr samples_;
  sample_order order_;
  augmentation augment_;
};

using local_data_ptr = std::shared_ptr<const local_data>;

}  // namespace verge
