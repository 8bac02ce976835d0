#pragma once

#include <cstdint>

namespace verge {

/// What a device's update contains.
enum class update_kind : std::uint8_t {
  /// The mean gradient of one batch (Large Batch, centralized).
  gradient,
  /// Model after the local steps minus the model before them (Federated).
  displacement,
};

/// The work of every device of a cohort in one round. It is plain data: the strategy decides it,
/// `open_round` carries it and a learner does it.
struct local_work {
  update_kind kind = update_kind::gradient;
  /// Samples per step. The last batch of a local epoch may be smaller.
  std::uint32_t batch_size = 32;
  /// Steps, or passes over the shard: exactly one of the two is positive.
  std::uint32_t local_steps = 1;
  std::uint32_t local_epochs = 0;
  /// Learning rate, momentum and weight decay of the local SGD (displacement), or of the server's
  /// step with the mean gradient (gradient).
  double learning_rate = 0.0;
  double momentum = 0.0;
  double weight_decay = 0.0;
  /// mu >= 0 of FedProx: mu (w - w_start) is added to each gradient of the local SGD. 0 = plain
  /// SGD.
  double proximal = 0.0;

  friend bool operator==(const local_work&, const local_work&) = default;
};

/// Number of samples that `work` goes through on a shard of `shard_size` samples.
constexpr std::uint64_t samples_in(const local_work& work, std::uint64_t shard_size) {
  return work.local_epochs > 0 ? work.local_epochs * shard_size
                               : std::uint64_t{work.local_steps} * work.batch_size;
}

/// Number of SGD steps that `work` takes on a shard of `shard_size` samples. Its batch size must be
/// above 0.
constexpr std::uint64_t steps_in(const local_work& work, std::uint64_t shard_size) {
  return work.local_epochs > 0
             ? work.local_epochs * ((shard_size + work.batch_size - 1) / work.batch_size)
             : work.local_steps;
}

/// Number of samples that `work` goes through before its step `step`, which is at most steps_in().
/// With local epochs no batch crosses the end of an epoch: the last one takes the samples that are
/// left.
constexpr std::uint64_t samples_before(const local_work& work, std::uint64_t shard_size,
                                       std::uint64_t step) {
  if (work.local_epochs == 0) return step * work.batch_size;
  const std::uint64_t per_epoch = steps_in(work, shard_size) / work.local_epochs;
  return step / per_epoch * shard_size + step % per_epoch * work.batch_size;
}

/// Number of samples in the smallest batch of `work`, which is its last; 0 for local epochs on an
/// empty shard.
constexpr std::uint64_t smallest_batch(const local_work& work, std::uint64_t shard_size) {
  const std::uint64_t steps = steps_in(work, shard_size);
  if (steps == 0) return 0;
  return samples_before(work, shard_size, steps) - samples_before(work, shard_size, steps - 1);
}

}  // namespace verge
