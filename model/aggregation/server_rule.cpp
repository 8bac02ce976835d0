#include "verge/model/server_rule.hpp"

#include <fmt/format.h>

#include <cmath>

#include "model/aggregation/rules/rules.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

double default_momentum(federated_rule rule) {
  // Adagrad has no momentum by default.
  return takes_momentum(rule) && rule != federated_rule::adagrad ? 0.9 : 0.0;
}

void check(const char* what, double value, bool is_right, const char* expected) {
  if (!is_right)
    throw bad_input(
        fmt::format("a server rule with a {} of {}; expected {}", what, value, expected));
}

void check(const federated_rule_options& options) {
  const auto is_share = [](double x) { return x >= 0.0 && x < 1.0; };
  const auto is_positive = [](double x) { return x > 0.0 && std::isfinite(x); };
  const auto rule = options.rule;
  check("learning rate", options.learning_rate, is_positive(options.learning_rate), "above 0");
  check("momentum", options.momentum, !takes_momentum(rule) || is_share(options.momentum),
        "0 to below 1");
  check("beta2", options.beta2, !takes_beta2(rule) || is_share(options.beta2), "0 to below 1");
  check("tau", options.tau, !is_adaptive(rule) || is_positive(options.tau), "above 0");
}

}  // namespace

federated_rule_options::federated_rule_options(federated_rule which)
    : rule(which),
      learning_rate(is_adaptive(which) ? 0.01 : 1.0),
      momentum(default_momentum(which)) {}

std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options) {
  check(options);
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
