#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "model/aggregation/rules/rules.hpp"

namespace verge::rules {

/// The common part of the adaptive rules (Reddi et al. 2021, algorithm 2). `Second` computes the
/// next v:
///     static T next(T v, T squared, T beta2, T fresh)
/// with squared = Delta^2 and fresh = 1 - beta2.
template <class Second>
class adaptive_rule final : public server_rule {
public:
  explicit adaptive_rule(const federated_rule_options& options) : options_(options) {}

  void apply(const round_facts&, const flat_buffer&, flat_buffer& step) override {
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      if (second_.empty()) begin<T>(step);
      // Adagrad's usual form has no momentum. Then m is Delta and costs no memory.
      if (options_.momentum > 0.0) {
        move<T>(step, std::true_type{});
      } else {
        move<T>(step, std::false_type{});
      }
    });
  }

  std::vector<flat_buffer> memory() const override { return {first_, second_}; }
  void remember(std::vector<flat_buffer> memory) override {
    first_ = memory.at(0);
    second_ = memory.at(1);
  }

private:
  template <class T>
  void begin(const flat_buffer& like) {
    if (options_.momentum > 0.0) first_ = flat_buffer{like.type(), like.size()};
    second_ = flat_buffer{like.type(), like.size()};
    const auto tau = static_cast<T>(options_.tau);
    std::ranges::fill(second_.as<T>(), tau * tau);
  }

  template <class T, bool HasMomentum>
  void move(flat_buffer& step, std::bool_constant<HasMomentum>) {
    const auto rate = static_cast<T>(options_.learning_rate);
    const auto tau = static_cast<T>(options_.tau);
    const auto beta1 = static_cast<T>(options_.momentum);
    const auto beta2 = static_cast<T>(options_.beta2);
    const auto fresh1 = static_cast<T>(1.0 - options_.momentum);
    const auto fresh2 = static_cast<T>(1.0 - options_.beta2);
    T* __restrict__ d = step.as<T>().data();
    T* __restrict__ m = first_.as<T>().data();
    T* __restrict__ v = second_.as<T>().data();
    for (std::size_t i = 0; i < step.size(); ++i) {
      v[i] = Second::next(v[i], d[i] * d[i], beta2, fresh2);
      T mean = d[i];
      if constexpr (HasMomentum) mean = m[i] = beta1 * m[i] + fresh1 * mean;
      d[i] = rate * mean / (std::sqrt(v[i]) + tau);
    }
  }

  federated_rule_options options_;
  /// m and v; m stays empty without momentum.
  flat_buffer first_;
  flat_buffer second_;
};

}  // namespace verge::rules
