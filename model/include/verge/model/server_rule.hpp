#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// What a rule may need to know about the round whose mean update it gets.
struct round_facts {
  local_work work;
  /// Fraction, in (0, 1], of the weight of all devices' updates that is in this round's mean.
  double share = 1.0;
};

/// The server's half of a strategy: how the mean of a round's updates moves the model. It keeps the
/// state of a server optimizer where there is one. Not thread-safe: one actor uses it. Every rule
/// works element by element, in the model's scalar type and with one rounding per operation.
class server_rule {
public:
  virtual ~server_rule() = default;

  /// `step` holds the mean update, and receives what is to be added to the parameters. `current`
  /// holds the parameters that the devices started from. Both have the same type and size.
  virtual void apply(const round_facts& round, const flat_buffer& current, flat_buffer& step) = 0;

  /// Whether the rule's updates have a second half (network_options::shares_controls).
  virtual bool uses_controls() const { return false; }

  /// What the rule remembers from round to round, for a checkpoint. The buffers share its memory
  /// and are valid until the next apply(). A rule of the same kind that is given them continues as
  /// this one would.
  virtual std::vector<flat_buffer> memory() const { return {}; }
  virtual void remember(std::vector<flat_buffer>) {}
};

/// One SGD step with the mean gradient g (Large Batch, centralized), momentum m and weight decay
/// lambda from the round's work:
///     g <- g + lambda w;   v <- m v + g (g without momentum);   step = -(rate v)
std::unique_ptr<server_rule> make_sgd_rule();

/// What a federated server does with the mean displacement Delta, at learning rate eta.
enum class federated_rule : std::uint8_t {
  /// step = eta Delta. With eta = 1 this is the mean of the devices' models: McMahan et al. 2017
  /// (arXiv 1602.05629), algorithm 1. With another eta it is Reddi et al. 2021 (arXiv 2003.00295),
  /// algorithm 1 with SGD.
  average,
  /// v <- beta v + Delta;   step = eta v. FedAvgM: Hsu et al. 2019 (arXiv 1909.06335).
  momentum,
  /// The adaptive rules, without bias correction: Reddi et al. 2021, algorithm 2. m starts at 0, v
  /// at tau^2.
  ///     m <- beta m + (1 - beta) Delta;   v <- ...;   step = eta m / (sqrt(v) + tau)
  /// FedAdam: v <- beta2 v + (1 - beta2) Delta^2
  adam,
  /// FedYogi: v <- v - (1 - beta2) Delta^2 sign(v - Delta^2)
  yogi,
  /// FedAdagrad: v <- v + Delta^2
  adagrad,
  /// SCAFFOLD: Karimireddy et al. 2020 (arXiv 1910.06378), algorithm 1. The update has a second
  /// half, the changes of the devices' control variates (network_options::shares_controls), whose
  /// mean is Delta c:
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

/// A rule and its numbers. Numbers that the rule does not use are ignored.
struct federated_rule_options {
  /// Takes the rule's defaults; docs/strategies.md says where they come from. The conversion is
  /// implicit, so that a rule by itself is enough. Assigning to `rule` alone keeps the numbers of
  /// the first rule, so make a new federated_rule_options for another rule.
  // NOLINTNEXTLINE(google-explicit-constructor)
  federated_rule_options(federated_rule which = federated_rule::average);

  federated_rule rule;
  /// eta; above 0.
  double learning_rate;
  /// beta (momentum) or beta1 (adaptive); at least 0 and below 1.
  double momentum;
  /// At least 0 and below 1.
  double beta2 = 0.99;
  /// How adaptive a rule is: a smaller tau makes it more adaptive. Its square must also be above 0
  /// in the model's type.
  double tau = 1e-3;

  friend bool operator==(const federated_rule_options&, const federated_rule_options&) = default;
};

/// Throws bad_input for a number out of its range.
std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options = {});

}  // namespace verge
