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
  /// Linear warm-up from 0 to the schedule's rate at this epoch (Goyal et al. 2017, section 2.2); 0
  /// = none.
  double warmup_epochs = 0.0;
  /// step: multiply by step_factor every step_epochs.
  double step_epochs = 30.0;
  double step_factor = 0.1;
  /// cosine: base * (1 + cos(pi * epoch / total_epochs)) / 2, and 0 after total_epochs (Loshchilov
  /// and Hutter, "SGDR", ICLR 2017, equation 5, without restarts).
  double total_epochs = 1.0;

  /// The rate of the step that brings the run from `epoch` to `epoch + span`. During warm-up the
  /// rate is that of the end of the step, so that the first one is not lost.
  double rate(double epoch, double span) const;

  friend bool operator==(const learning_rate_schedule&, const learning_rate_schedule&) = default;
};

}  // namespace verge
