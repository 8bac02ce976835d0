#include "model/aggregation/rules/rules.hpp"

namespace verge::rules {

namespace {

class averaging_rule final : public server_rule {
public:
  explicit averaging_rule(double learning_rate) : learning_rate_(learning_rate) {}

  void apply(const round_facts&, const flat_buffer&, flat_buffer& step) override {
    if (learning_rate_ == 1.0) return;  // the mean displacement is the step
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto rate = static_cast<T>(learning_rate_);
      for (T& d : step.as<T>()) d = rate * d;
    });
  }

private:
  double learning_rate_;
};

}  // namespace

std::unique_ptr<server_rule> make_average(const federated_rule_options& options) {
  return std::make_unique<averaging_rule>(options.learning_rate);
}

}  // namespace verge::rules
