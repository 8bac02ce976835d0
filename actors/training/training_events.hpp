#pragma once

// What trainers are asked for, and what they answer.

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
  /// The device's control variate, where the network shares them; empty: 0.
  flat_buffer control;
  /// Not begun after this moment: the answer would be too late.
  clock_type::time_point deadline;
};

struct trained_update {
  flat_buffer update;
  flat_buffer moments;
  training_outcome outcome;
  /// Not empty: there is no update, and why.
  std::string failure;
};

/// Samples [begin, end) of `data`, to go through a model without training it.
struct samples_and_model {
  std::uint64_t run = 0;
  model_version version;
  model_blocks model;
  dataset_ptr data;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Count what the model answers rightly.
struct evaluate_task : samples_and_model {
  /// Running statistics, where the model has none with it.
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

/// Running statistics of batch norm: a device's own, or those of a version that has been evaluated. Empty: none.
struct running_statistics {
  model_version version;
  flat_buffer values;
};

/// Pool to a trainer: a task and the buffers its update goes into.
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
