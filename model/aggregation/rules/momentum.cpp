#include "model/aggregation/rules/rules.hpp"

namespace verge::rules {

namespace {

class momentum_rule final : public server_rule {
public:
  explicit momentum_rule(const federated_rule_options& options) : options_(options) {}

  void apply(const round_facts&, const flat_buffer&, flat_buffer& step) override {
    if (velocity_.empty()) velocity_ = flat_buffer{step.type(), step.size()};
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto rate = static_cast<T>(options_.learning_rate);
      const auto beta = static_cast<T>(options_.momentum);
      T* __restrict__ d = step.as<T>().data();
      T* __restrict__ v = velocity_.as<T>().data();
      for (std::size_t i = 0; i < step.size(); ++i) {
        v[i] = beta * v[i] + d[i];
        d[i] = rate * v[i];
      }
    });
  }

  std::vector<flat_buffer> memory() const override { return {velocity_}; }
  void remember(std::vector<flat_buffer> memory) override { velocity_ = memory.at(0); }

private:
  federated_rule_options options_;
  flat_buffer velocity_;
};

}  // namespace

std::unique_ptr<server_rule> make_momentum(const federated_rule_options& options) {
  // Without momentum the rule is averaging, which needs no velocity and keeps the signs of zeros.
  if (options.momentum == 0.0) return make_average(options);
  return std::make_unique<momentum_rule>(options);
}

}  // namespace verge::rules
