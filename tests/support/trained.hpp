#pragma once

// Whole runs in this process, for tests that compare what they end with.

#include <caf/all.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "model/random/random.hpp"
#include "verge/model/partition.hpp"
#include "verge/model/picture_files.hpp"
#include "verge/model/process_tuning.hpp"
#include "verge/runtime/run.hpp"

namespace verge::test {

/// Tunes the process as the programs do: one OpenBLAS thread per trainer, and a malloc that keeps
/// its pages.
inline const bool process_is_tuned = (tune_process_for_training(), true);

/// Pictures of noise whose mean depends on the class, so that gradients differ by sample. They have
/// any shape and need no file.
inline dataset_ptr noise_pictures(sample_shape shape, std::uint32_t classes, std::size_t count,
                                  std::uint64_t seed = 11) {
  std::vector<std::uint8_t> pixels(count * shape.elements());
  std::vector<std::uint8_t> labels(count);
  const random_stream words{seed, random_purpose::augmentation};
  for (std::size_t i = 0; i < count; ++i) {
    labels[i] = static_cast<std::uint8_t>(words.below(i, classes));
    for (std::size_t k = 0; k < shape.elements(); ++k)
      pixels[i * shape.elements() + k] = static_cast<std::uint8_t>(
          words.below(count + i * shape.elements() + k, 160) + 8 * labels[i]);
  }
  standardisation constants{std::vector<float>(shape.channels, 0.45f),
                            std::vector<float>(shape.channels, 0.25f)};
  return std::make_shared<picture_dataset>(shape, classes, std::move(pixels), std::move(labels),
                                           constants);
}

inline std::vector<dataset_ptr> iid_shards(const dataset_ptr& whole, std::uint32_t devices,
                                           std::uint64_t seed = 1) {
  const auto cut = partition::iid(whole->size(), devices, seed);
  std::vector<dataset_ptr> shards;
  for (std::uint32_t i = 0; i < devices; ++i) shards.push_back(cut.shard(whole, i));
  return shards;
}

inline learning_rate_schedule constant_rate(double rate) {
  learning_rate_schedule schedule;
  schedule.base = rate;
  return schedule;
}

/// Cohorts of 7 of 12 devices with 20 pictures each, augmented, and with dropout if the network has
/// it. So the plan has every kind of randomness.
inline run_plan plan_of_twelve(strategy how, const char* name, norm_kind norm) {
  const sample_shape shape{3, 20, 20};
  network_options options;
  options.name = name;
  options.norm = norm;
  options.input = shape;
  const auto whole = noise_pictures(shape, 10, 240);
  run_plan plan{9, network::build(options), std::move(how),
                devices_of(9, iid_shards(whole, 12), {true, 2}), noise_pictures(shape, 10, 20, 2)};
  plan.rounds = 4;
  plan.cohort = 7;
  return plan;
}

struct trained {
  model_state state;
  std::vector<round_result> rounds;
  std::vector<evaluation_result> evaluations;
};

/// Runs `plan` with `threads` trainers; shuffle_seed and torch_device as in trainer_pool_options.
inline trained train(run_plan plan, std::uint32_t threads = 2, std::uint64_t shuffle_seed = 0,
                     const std::string& torch_device = "cpu") {
  caf::actor_system_config config;
  configure_scheduler(config, 2);
  caf::actor_system system{config};
  plan.threads = threads;
  const auto pool = spawn_trainer_pool(system, plan.model, {threads, shuffle_seed, torch_device});
  trained result;
  run_callbacks callbacks;
  callbacks.on_round = [&](const round_result& m) { result.rounds.push_back(m); };
  callbacks.on_evaluation = [&](const evaluation_result& m) { result.evaluations.push_back(m); };
  result.state = run_to_end(system, plan, pool, callbacks).model.state;
  caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
  return result;
}

/// ||a - b|| / ||b|| over the parameters.
inline double relative_difference(const model_state& a, const model_state& b) {
  return with_scalar(a.parameters.type(), [&](auto zero) {
    using T = decltype(zero);
    const auto x = std::as_const(a.parameters).as<T>();
    const auto y = std::as_const(b.parameters).as<T>();
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference += (double{x[i]} - double{y[i]}) * (double{x[i]} - double{y[i]});
      norm += double{y[i]} * double{y[i]};
    }
    return std::sqrt(difference / norm);
  });
}

inline bool same_bits(const flat_buffer& a, const flat_buffer& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace verge::test
