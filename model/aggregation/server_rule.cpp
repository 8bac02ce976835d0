#include "verge/model/server_rule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "model/aggregation/rules/rules.hpp"
#include "model/text/named_set.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

// Each with its defaults: learning rate, momentum, beta2 and tau. Adagrad has no momentum of its
// own.
constexpr server_rule_entry table[] = {
    {"average", rules::make_average},
    {"momentum", rules::make_momentum, 1.0, 0.9},
    {"adam", rules::make_adam, 0.01, 0.9, 0.99, 1e-3},
    {"yogi", rules::make_yogi, 0.01, 0.9, 0.99, 1e-3},
    {"adagrad", rules::make_adagrad, 0.01, 0.0, std::nullopt, 1e-3},
    {.name = "scaffold", .make = rules::make_scaffold, .uses_controls = true},
};

named_set<server_rule_entry>& all_rules() {
  static named_set<server_rule_entry> rules{"server rule", table};
  return rules;
}

const server_rule_entry& rule_called(std::string_view name) {
  if (const auto* rule = all_rules().find(name)) return *rule;
  throw bad_input(fmt::format("there is no server rule \"{}\"; expected one of {}", name,
                              fmt::join(server_rule_names(), ", ")));
}

void check(const char* what, double value, bool is_right, const char* expected) {
  if (!is_right)
    throw bad_input(
        fmt::format("a server rule with a {} of {}; expected {}", what, value, expected));
}

void check(const federated_rule_options& options) {
  const auto is_share = [](double x) { return x >= 0.0 && x < 1.0; };
  const auto is_positive = [](double x) { return x > 0.0 && std::isfinite(x); };
  const auto& rule = *options.rule;
  check("learning rate", options.learning_rate, is_positive(options.learning_rate), "above 0");
  check("momentum", options.momentum, !rule.momentum || is_share(options.momentum), "0 to below 1");
  check("beta2", options.beta2, !rule.beta2 || is_share(options.beta2), "0 to below 1");
  check("tau", options.tau, !rule.tau || is_positive(options.tau), "above 0");
}

}  // namespace

std::vector<const server_rule_entry*> server_rules() {
  return all_rules().entries();
}

std::vector<std::string> server_rule_names() {
  return all_rules().names();
}

void add_server_rule(const server_rule_entry& entry) {
  all_rules().add(entry);
}

federated_rule_options::federated_rule_options(std::string_view name)
    : rule(&rule_called(name)),
      learning_rate(rule->learning_rate),
      momentum(rule->momentum.value_or(0.0)),
      beta2(rule->beta2.value_or(0.0)),
      tau(rule->tau.value_or(0.0)) {}

std::unique_ptr<server_rule> make_federated_rule(const federated_rule_options& options) {
  check(options);
  return options.rule->make(options);
}

}  // namespace verge
