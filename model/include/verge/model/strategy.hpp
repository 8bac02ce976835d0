#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"
#include "verge/model/schedule.hpp"

namespace verge {

/// The device's half of a strategy: what a cohort does in a round.
struct work_plan {
  /// kind, batch size, steps or epochs, momentum, weight decay; the rate is filled in by at().
  local_work work;
  learning_rate_schedule schedule;

  /// Work of the round that takes the run from `epoch` to `epoch + span`.
  local_work at(double epoch, double span) const;
};

/// The server's half: how the mean of a round's updates moves the model. Has the state of a server
/// optimizer where there is one. Used by one actor, never by two threads at once.
class server_rule {
public:
  virtual ~server_rule() = default;

  /// `step` holds the mean update and is left holding what is to be added to the parameters; `current` are
  /// the parameters that the devices began from. All of the same type and size.
  virtual void apply(const local_work& work, const flat_buffer& current, flat_buffer& step) = 0;

  /// What it remembers from round to round, for a checkpoint: shares, good until the next apply(). A rule of
  /// the same kind that is given it goes on as this one would.
  virtual std::vector<flat_buffer> memory() const { return {}; }
  virtual void remember(std::vector<flat_buffer>) {}
};

/// One SGD step with the mean gradient g (Large Batch, centralized), momentum m and weight decay
/// lambda from the round's work, in the model's scalar type:
///     g <- g + lambda w;   v <- m v + g (g without momentum);   step = -(rate v)
std::unique_ptr<server_rule> make_sgd_rule();

/// step = mean displacement (Federated averaging: McMahan et al. 2017, algorithm 1).
std::unique_ptr<server_rule> make_averaging_rule();

/// `step` <- `current` + `step`: the addition that moves a model, at the server and on devices alike.
void take_step(const flat_buffer& current, flat_buffer& step);

/// The two halves of one way of training.
struct strategy {
  work_plan plan;
  std::function<std::unique_ptr<server_rule>()> make_rule;
};

/// One gradient a device and round; centralized is the same with a single device.
strategy large_batch(std::uint32_t batch_size, learning_rate_schedule schedule,
                     double momentum = 0.0, double weight_decay = 0.0);

/// Local SGD, then averaging. Exactly one of local_steps and local_epochs is positive; momentum starts
/// from 0 in every round.
strategy federated(std::uint32_t batch_size, std::uint32_t local_steps, std::uint32_t local_epochs,
                   learning_rate_schedule schedule, double momentum = 0.0,
                   double weight_decay = 0.0);

}  // namespace verge
