#pragma once

#include <cstdint>

namespace verge {

/// The shape of a learning rate over a run.
enum class schedule_kind : std::uint8_t { constant, cosine, step };

/// A learning rate as a function of training progress. Epochs, not rounds, so that arms with rounds
/// of different lengths share a schedule.
struct learning_rate_schedule {
  double base = 0.1;
  schedule_kind kind = schedule_kind::constant;
  /// Linear warm-up from `warmup_from` to the schedule's rate at this epoch (Goyal et al. 2017, section
  /// 2.2); 0 = none.
  double warmup_epochs = 0.0;
  /// step: multiply by step_factor every step_epochs.
  double step_epochs = 30.0;
  double step_factor = 0.1;
  /// cosine: base * (1 + cos(pi * epoch / total_epochs)) / 2, and 0 after total_epochs (Loshchilov
  /// and Hutter, "SGDR", ICLR 2017, equation 5, without restarts). Has to be said, and is above 0.
  double total_epochs = 0.0;
  /// Where a warm-up begins.
  double warmup_from = 0.0;

  /// The rate of the step that brings the run from `epoch` to `epoch + span`. During a warm-up from 0 it is
  /// that of the end of the step, so that the first one is not lost; during one from another rate, that of
  /// its begin.
  double rate(double epoch, double span) const;

  friend bool operator==(const learning_rate_schedule&, const learning_rate_schedule&) = default;
};

/// The linear scaling rule (Goyal et al. 2017, arXiv 1706.02677, section 2.1): the schedule for batches
/// `times` as large, with a rate `times` as high. A warm-up begins at the rate as it was (section 2.2).
learning_rate_schedule scaled(const learning_rate_schedule& schedule, double times);

}  // namespace verge
