#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"
#include "verge/model/run_length.hpp"
#include "verge/model/schedule.hpp"
#include "verge/model/server_rule.hpp"

namespace verge {

/// The device's half of a strategy: the work of a cohort in a round.
struct work_plan {
  /// Kind, batch size, steps or epochs, momentum, weight decay and proximal term. at() fills in the
  /// rate.
  local_work work;
  learning_rate_schedule schedule;
  /// For gradients: the number of samples, of all devices of a round together, that `schedule` is
  /// made for. at() scales the schedule to the run's own number. 0 = it is made for the run's own
  /// number.
  std::uint32_t schedule_batch = 0;

  /// The work of one round of a run of that length.
  local_work at(round_id round, const run_length& length) const;
};

/// `step` <- `current` + `step`. This addition moves a model, on the server and on devices alike.
void take_step(const flat_buffer& current, flat_buffer& step);

/// The two halves of one way of training. Either half may be changed: how.plan.work.proximal = 0.01
/// turns federated averaging into FedProx, and another make_rule turns it into FedAdam.
struct strategy {
  work_plan plan;
  std::function<std::unique_ptr<server_rule>()> make_rule;
};

/// Large Batch: one gradient per device and round. Centralized is the same with a single device.
strategy large_batch(std::uint32_t batch_size, learning_rate_schedule schedule,
                     double momentum = 0.0, double weight_decay = 0.0);

/// FedAvg: local SGD, then averaging. Exactly one of local_steps and local_epochs is positive.
/// Momentum starts from 0 in every round.
strategy federated(std::uint32_t batch_size, std::uint32_t local_steps, std::uint32_t local_epochs,
                   learning_rate_schedule schedule, double momentum = 0.0,
                   double weight_decay = 0.0);

}  // namespace verge
