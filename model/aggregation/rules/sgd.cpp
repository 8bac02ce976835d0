#include "verge/model/server_rule.hpp"

namespace verge {

namespace {

class sgd_rule final : public server_rule {
public:
  void apply(const round_facts& round, const flat_buffer& current, flat_buffer& step) override {
    if (round.work.momentum > 0.0 && velocity_.empty())
      velocity_ = flat_buffer{current.type(), current.size()};
    with_scalar(current.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto w = current.as<T>();
      auto g = step.as<T>();
      auto v = velocity_.as<T>();
      const auto rate = static_cast<T>(round.work.learning_rate);
      const auto decay = static_cast<T>(round.work.weight_decay);
      const auto momentum = static_cast<T>(round.work.momentum);
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

}  // namespace

std::unique_ptr<server_rule> make_sgd_rule() {
  return std::make_unique<sgd_rule>();
}

}  // namespace verge
