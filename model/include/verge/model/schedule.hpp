#pragma once

#include <cstdint>

namespace verge {

/// How a learning rate changes over a run.
enum class schedule_kind : std::uint8_t { constant, cosine, step };

/// A learning rate as a function of training progress: a warm-up to `base`, then a schedule that
/// starts from there. Progress counts epochs, not rounds, so arms with rounds of different lengths
/// can share a schedule.
struct learning_rate_schedule {
  /// The highest rate.
  double base = 0.1;
  schedule_kind kind = schedule_kind::constant;
  /// Length of the linear warm-up from `warmup_from` to `base` (Goyal et al. 2017, section 2.2); 0
  /// = none. The schedule starts when it ends.
  double warmup_epochs = 0.0;
  /// schedule_kind::step multiplies the rate by step_factor every step_epochs.
  double step_epochs = 30.0;
  double step_factor = 0.1;
  /// The rate at which a warm-up starts.
  double warmup_from = 0.0;

  /// The rate of the step that brings a run of `total` epochs from `epoch` to `epoch + span`.
  /// During a warm-up from 0 it is the rate at the end of the step, so that the first step is not
  /// lost. During a warm-up from another rate it is the rate at the start of the step. cosine,
  /// after a warm-up of W epochs, is base * (1 + cos(pi * (epoch - W) / (total - W))) / 2, and 0
  /// from `total` on (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, without restarts).
  double rate(double epoch, double span, double total) const;

  friend bool operator==(const learning_rate_schedule&, const learning_rate_schedule&) = default;
};

/// The linear scaling rule (Goyal et al. 2017, arXiv 1706.02677, section 2.1): the schedule for
/// batches `times` as large, with a rate `times` as high. A warm-up starts at the original rate
/// (section 2.2).
learning_rate_schedule scaled(const learning_rate_schedule& schedule, double times);

}  // namespace verge
