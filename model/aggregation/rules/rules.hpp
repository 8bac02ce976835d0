#pragma once

#include "verge/model/server_rule.hpp"

namespace verge::rules {

/// A new rule is a file that defines one of these functions, and an entry in server_rule.cpp.
using rule_maker = std::unique_ptr<server_rule>(const federated_rule_options&);

rule_maker make_average;
rule_maker make_momentum;
rule_maker make_adam;
rule_maker make_yogi;
rule_maker make_adagrad;
rule_maker make_scaffold;

}  // namespace verge::rules
