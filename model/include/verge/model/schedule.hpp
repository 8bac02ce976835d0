#pragma once

#include <cstdint>

namespace verge {

/// The shape of a learning rate over a run.
enum class schedule_kind : std::uint8_t { constant, cosine, step };

/// A learning rate as a function of training progress: a warm-up to `base`, then a schedule that begins there. Epochs, not
/// rounds, so that arms with rounds of different lengths share a schedule.
struct learning_rate_schedule {
  /// The highest rate.
  double base = 0.1;
  schedule_kind kind = schedule_kind::constant;
  /// Linear warm-up from `warmup_from` to `base` (Goyal et al. 2017, section 2.2); 0 = none. The schedule begins at its
  /// end.
  double warmup_epochs = 0.0;
  /// step: multiply by step_factor every step_epochs.
  double step_epochs = 30.0;
  double step_factor = 0.1;
  /// Where a warm-up begins.
  double warmup_from = 0.0;

  /// The rate of the step that brings a run of `total` epochs from `epoch` to `epoch + span`. During a warm-up from 0 it
  /// is that of the end of the step, so that the first one is not lost; during one from another rate, that of its begin.
  /// cosine, after a warm-up of W epochs: base * (1 + cos(pi * (epoch - W) / (total - W))) / 2, and 0 from `total` on
  /// (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, without restarts).
  double rate(double epoch, double span, double total) const;

  friend bool operator==(const learning_rate_schedule&, const learning_rate_schedule&) = default;
};

/// The linear scaling rule (Goyal et al. 2017, arXiv 1706.02677, section 2.1): the schedule for batches
/// `times` as large, with a rate `times` as high. A warm-up begins at the rate as it was (section 2.2).
learning_rate_schedule scaled(const learning_rate_schedule& schedule, double times);

}  // namespace verge
