#include "verge/model/strategy.hpp"

namespace verge {

local_work work_plan::at(round_id round, const run_length& length) const {
  const auto batch = static_cast<double>(length.updates) * work.batch_size;
  const auto mine = schedule_batch == 0 ? schedule : scaled(schedule, batch / schedule_batch);
  auto today = work;
  today.learning_rate =
      mine.rate(length.epochs_before(round), length.epochs_a_round, length.epochs());
  return today;
}

void take_step(const flat_buffer& current, flat_buffer& step) {
  with_scalar(current.type(), [&](auto zero) {
    using T = decltype(zero);
    const auto w = current.as<T>();
    auto s = step.as<T>();
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = w[i] + s[i];
  });
}

strategy large_batch(std::uint32_t batch_size, learning_rate_schedule schedule, double momentum,
                     double weight_decay) {
  const local_work work{update_kind::gradient, batch_size, 1, 0, 0.0, momentum, weight_decay};
  return {{work, schedule}, make_sgd_rule};
}

strategy federated(std::uint32_t batch_size, std::uint32_t local_steps, std::uint32_t local_epochs,
                   learning_rate_schedule schedule, double momentum, double weight_decay) {
  const local_work work{update_kind::displacement,
                        batch_size,
                        local_steps,
                        local_epochs,
                        0.0,
                        momentum,
                        weight_decay};
  return {{work, schedule}, [] { return make_federated_rule(); }};
}

}  // namespace verge
