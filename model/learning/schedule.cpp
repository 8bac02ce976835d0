#include "verge/model/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace verge {

namespace {

/// Epochs are sums of fractions: 30 epochs may arrive as 29.999999999.
constexpr double epoch_tolerance = 1e-9;

/// `epoch` and `total` count from the end of the warm-up.
double rate_of_schedule(const learning_rate_schedule& schedule, double epoch, double total) {
  switch (schedule.kind) {
    case schedule_kind::constant:
      return schedule.base;
    case schedule_kind::cosine: {
      // A schedule without any length counts as ended.
      const double progress = epoch < total ? epoch / total : 1.0;
      return schedule.base * (1.0 + std::cos(std::numbers::pi * progress)) / 2.0;
    }
    case schedule_kind::step: {
      const double steps = std::floor(epoch / schedule.step_epochs + epoch_tolerance);
      return schedule.base * std::pow(schedule.step_factor, steps);
    }
  }
  return schedule.base;
}

}  // namespace

double learning_rate_schedule::rate(double epoch, double span, double total) const {
  if (epoch + epoch_tolerance >= warmup_epochs)
    return rate_of_schedule(*this, std::max(epoch - warmup_epochs, 0.0), total - warmup_epochs);
  const double at = warmup_from > 0.0 ? epoch : epoch + span;
  const double ramp = std::min(at / warmup_epochs, 1.0);
  return warmup_from + ramp * (base - warmup_from);
}

learning_rate_schedule scaled(const learning_rate_schedule& schedule, double times) {
  auto result = schedule;
  result.base *= times;
  // A smaller batch needs no warm-up from a higher rate.
  result.warmup_from = std::min(schedule.base, result.base);
  return result;
}

}  // namespace verge
