#include "model/aggregation/rules/rules.hpp"

namespace verge::rules {

namespace {

/// The first half of the model is the parameters, the second half their control variates.
class scaffold_rule final : public server_rule {
public:
  explicit scaffold_rule(double learning_rate) : learning_rate_(learning_rate) {}

  void apply(const round_facts& round, const flat_buffer&, flat_buffer& step) override {
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto values = step.as<T>();
      const auto half = values.size() / 2;
      scale(values.first(half), static_cast<T>(learning_rate_));
      scale(values.last(half), static_cast<T>(round.share));
    });
  }

  bool uses_controls() const override { return true; }

private:
  template <class T>
  static void scale(std::span<T> values, T factor) {
    for (T& value : values) value *= factor;
  }

  double learning_rate_;
};

}  // namespace

std::unique_ptr<server_rule> make_scaffold(const federated_rule_options& options) {
  return std::make_unique<scaffold_rule>(options.learning_rate);
}

}  // namespace verge::rules
