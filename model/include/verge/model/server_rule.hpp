#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// What a rule may want to know of the round whose mean update it is given.
struct round_facts {
  local_work work;
  /// Of the weight that the updates of all devices would have, that of the updates in the mean.
  double share = 1.0;
};

/// The server's half of a strategy: how the mean of a round's updates moves the model. Has the state of a
/// server optimizer where there is one. Used by one actor, never by two threads at once. Every rule works
/// element by element, in the model's scalar type and with one rounding an operation.
class server_rule {
public:
  virtual ~server_rule() = default;

  /// `step` holds the mean update and is left holding what is to be added to the parameters; `current` are
  /// the parameters that the devices began from. All of the same type and size.
  virtual void apply(const round_facts& round, const flat_buffer& current, flat_buffer& step) = 0;

  /// Whether its updates have a second half (network_options::shares_controls).
  virtual bool uses_controls() const { return false; }

  /// What it remembers from round to round, for a checkpoint: shares, good until the next apply(). A rule of
  /// the same kind that is given it goes on as this one would.
  virtual std::vector<flat_buffer> memory() const { return {}; }
  virtual void remember(std::vector<flat_buffer>) {}
};

/// One SGD step with the mean gradient g (Large Batch, centralized), momentum m and weight decay
/// lambda from the round's work:
///     g <- g + lambda w;   v <- m v + g (g without momentum);   step = -(rate v)
std::unique_ptr<server_rule> make_sgd_rule();

/// What the server of a federated run makes of the mean displacement Delta, with learning rate eta:
enum class federated_rule : std::uint8_t {
  /// step = eta Delta. With eta = 1 the mean of the devices' models: McMahan et al. 2017 (arXiv
  /// 1602.05629), algorithm 1; with another eta Reddi et al. 2021 (arXiv 2003.00295), algorithm 1 with SGD.
  average,
  /// v <- beta v + Delta;   step = eta v. FedAvgM: Hsu et al. 2019 (arXiv 1909.06335).
  momentum,
  /// The adaptive rules, without bias correction: Reddi et al. 2021, algorithm 2. m begins at 0, v at tau^2.
  ///     m <- beta m + (1 - beta) Delta;   v <- ...;   step = eta m / (sqrt(v) + tau)
  /// FedAdam: v <- beta2 v + (1 - beta2) Delta^2
  adam,
  /// FedYogi: v <- v - (1 - beta2) Delta^2 sign(v - Delta^2)
  yogi,
  /// FedAdagrad: v <- v + Delta^2
  adagrad,
  /// SCAFFOLD: Karimireddy et al. 2020 (arXiv 1910.06378), algorithm 1. The update has a second half, the devices'
  /// changes of their control variates (network_options::shares_controls), whose mean is Delta c:
  ///     step of w = eta Delta;   step of c = share Delta c
  scaffold,
};

constexpr bool is_adaptive(federated_rule rule) {
  return rule == federated_rule::adam || rule == federated_rule::yogi ||
         rule == federated_rule::adagrad;
}
constexpr bool takes_momentum(federated_rule rule) {
  return rule != federated_rule::average && rule != federated_rule::scaffold;
}
constexpr bool takes_beta2(federated_rule rule) {
  return rule == federated_rule::adam || rule == federated_rule::yogi;
}

/// A rule and its numbers. Those that it has no use for are not looked at.
struct federated_rule_options {
  /// With the rule's defaults; docs/strategies.md says where they come from. Converts, so that a rule by
  /// itself is enough. Another rule is another federated_rule_options: assigning to `rule` alone keeps the numbers of the
  /// first one.
  federated_rule_options(federated_rule which = federated_rule::average);

  federated_rule rule;
  /// eta, above 0.
  double learning_rate;
  /// beta (momentum) or beta1 (adaptive), from 0 to below 1.
  double momentum;
  /// From 0 to below 1.
  double beta2 = 0.99;
  /// How adaptive a rule is: the smaller, the more. Above 0; its square has to be one in the model's type.
  double tau = 1e-3;

  friend bool operator==(const federated_rule_options&, const federated_rule_options&) = default;
};

/// Throws bad_input for a number out of its range.
std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options = {});

}  // namespace verge
