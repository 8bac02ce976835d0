#pragma once

// The tasks of trainers and the answers to them.

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/data/local_data.hpp"
#include "model/layout/model_blocks.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/model/learner.hpp"

namespace verge {

/// Train from `model` (version `version` of run `run`) on `data`.
struct train_task {
  std::uint64_t run = 0;
  model_version version;
  model_blocks model;
  round_id round;
  local_work work;
  local_data_ptr data;
  /// The device's control variate, if the network shares control variates; empty: 0.
  flat_buffer control;
  /// The task is not started after this moment, because its answer would be too late.
  clock_type::time_point deadline;
};

struct trained_update {
  flat_buffer update;
  flat_buffer moments;
  training_outcome outcome;
  /// Why there is no update; empty if there is one.
  std::string failure;
};

/// Samples [begin, end) of `data`, to be run through a model without training it.
struct samples_and_model {
  std::uint64_t run = 0;
  model_version version;
  model_blocks model;
  dataset_ptr data;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Count the samples that the model classifies correctly, and sum up its loss.
struct evaluate_task : samples_and_model {
  /// Running statistics, if the model does not come with its own.
  flat_buffer statistics = {};
};

struct evaluated_range {
  evaluation_sums sums;
  std::string failure;
};

/// Measure the batch moments of the samples, as one batch.
struct measure_task : samples_and_model {};

struct measured_moments {
  flat_buffer moments;
  std::string failure;
};

/// Running statistics of batch norm: a device's own, or those of a version that has been evaluated.
/// `values` is empty if there are none.
struct running_statistics {
  model_version version;
  flat_buffer values;
};

/// Pool to trainer: a task and the buffers for its update.
struct training_job {
  train_task task;
  flat_buffer update;
  flat_buffer moments;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::train_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::trained_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluate_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluated_range)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::measure_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::measured_moments)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::running_statistics)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::training_job)
