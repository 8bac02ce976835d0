#include "verge/model/strategy.hpp"

namespace verge {

namespace {

class sgd_rule final : public server_rule {
public:
  void apply(const local_work& work, const flat_buffer& current, flat_buffer& step) override {
    if (work.momentum > 0.0 && velocity_.empty())
      velocity_ = flat_buffer{current.type(), current.size()};
    with_scalar(current.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto w = current.as<T>();
      auto g = step.as<T>();
      auto v = velocity_.as<T>();
      const auto rate = static_cast<T>(work.learning_rate);
      const auto decay = static_cast<T>(work.weight_decay);
      const auto momentum = static_cast<T>(work.momentum);
      if (decay > T{0})
        for (std::size_t i = 0; i < g.size(); ++i) g[i] += decay * w[i];
      if (momentum > T{0})
        for (std::size_t i = 0; i < g.size(); ++i) g[i] = v[i] = momentum * v[i] + g[i];
      for (std::size_t i = 0; i < g.size(); ++i) g[i] = -(rate * g[i]);
    });
  }

  std::vector<flat_buffer> memory() const override { return {velocity_}; }
  void remember(std::vector<flat_buffer> memory) override { velocity_ = memory.at(0); }

private:
  flat_buffer velocity_;
};

class averaging_rule final : public server_rule {
public:
  /// The mean displacement is the step.
  void apply(const local_work&, const flat_buffer&, flat_buffer&) override {}
};

}  // namespace

local_work work_plan::at(double epoch, double span) const {
  auto today = work;
  today.learning_rate = schedule.rate(epoch, span);
  return today;
}

std::unique_ptr<server_rule> make_sgd_rule() {
  return std::make_unique<sgd_rule>();
}
std::unique_ptr<server_rule> make_averaging_rule() {
  return std::make_unique<averaging_rule>();
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
  return {{work, schedule}, make_averaging_rule};
}

}  // namespace verge
