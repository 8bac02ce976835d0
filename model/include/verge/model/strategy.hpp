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

/// The device's half of a strategy: what a cohort does in a round.
struct work_plan {
  /// kind, batch size, steps or epochs, momentum, weight decay, proximal term; the rate is filled in by at().
  local_work work;
  learning_rate_schedule schedule;
  /// Of a gradient: the samples, of all devices of a round together, that `schedule` is for; at() scales it to those of
  /// the run. 0: it is for the run's own.
  std::uint32_t schedule_batch = 0;

  /// Work of a round of a run of that length.
  local_work at(round_id round, const run_length& length) const;
};

/// `step` <- `current` + `step`: the addition that moves a model, at the server and on devices alike.
void take_step(const flat_buffer& current, flat_buffer& step);

/// The two halves of one way of training. Either may be changed: how.plan.work.proximal = 0.01 makes FedProx of
/// federated averaging, another make_rule FedAdam.
struct strategy {
  work_plan plan;
  std::function<std::unique_ptr<server_rule>()> make_rule;
};

/// One gradient a device and round; centralized is the same with a single device.
strategy large_batch(std::uint32_t batch_size, learning_rate_schedule schedule,
                     double momentum = 0.0, double weight_decay = 0.0);

/// Local SGD, then averaging: FedAvg. Exactly one of local_steps and local_epochs is positive; momentum starts
/// from 0 in every round.
strategy federated(std::uint32_t batch_size, std::uint32_t local_steps, std::uint32_t local_epochs,
                   learning_rate_schedule schedule, double momentum = 0.0,
                   double weight_decay = 0.0);

}  // namespace verge
