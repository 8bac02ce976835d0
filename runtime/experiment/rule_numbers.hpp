#pragma once

#include <array>
#include <optional>

#include "runtime/experiment/number_range.hpp"
#include "verge/model/server_rule.hpp"

namespace verge {

/// A number that some of the server's rules take.
struct rule_number {
  const char* key;
  /// Its default in a rule, which is unset where the rule does not take it.
  std::optional<double> server_rule_entry::*default_in;
  double federated_rule_options::*value;
  number_range range;
};

/// In the order of run.toml. The square of tau has to be a number above 0 in float32, too.
inline constexpr std::array<rule_number, 3> rule_numbers{
    {{"server_momentum", &server_rule_entry::momentum, &federated_rule_options::momentum,
      share_below_one},
     {"server_beta2", &server_rule_entry::beta2, &federated_rule_options::beta2, share_below_one},
     {"server_tau",
      &server_rule_entry::tau,
      &federated_rule_options::tau,
      {1e-15, true, 1e15, true, "a number from 1e-15 to 1e15"}}}};

}  // namespace verge
