#include "verge/model/server_rule.hpp"

#include "rules/rules.hpp"

namespace verge {

namespace {

double default_momentum(federated_rule rule) {
  // Adagrad has none of its own.
  return takes_momentum(rule) && rule != federated_rule::adagrad ? 0.9 : 0.0;
}

}  // namespace

federated_rule_options::federated_rule_options(federated_rule which)
    : rule(which),
      learning_rate(is_adaptive(which) ? 0.01 : 1.0),
      momentum(default_momentum(which)) {}

std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options) {
  switch (options.rule) {
    case federated_rule::average:
      break;
    case federated_rule::momentum:
      return rules::make_momentum(options);
    case federated_rule::adam:
      return rules::make_adam(options);
    case federated_rule::yogi:
      return rules::make_yogi(options);
    case federated_rule::adagrad:
      return rules::make_adagrad(options);
    case federated_rule::scaffold:
      return rules::make_scaffold(options);
  }
  return rules::make_average(options);
}

}  // namespace verge
