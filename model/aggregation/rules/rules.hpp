#pragma once

#include "verge/model/server_rule.hpp"

namespace verge::rules {

// A new rule is a file that defines a maker, which is declared here, and a line of the table in
// server_rule.cpp. eta is the learning rate, beta the momentum.

using rule_maker = std::unique_ptr<server_rule>(const federated_rule_options&);

/// step = eta Delta. With eta = 1 the mean of the devices' models: McMahan et al. 2017 (arXiv
/// 1602.05629), algorithm 1; with another eta Reddi et al. 2021 (arXiv 2003.00295), algorithm 1
/// with SGD.
rule_maker make_average;

/// v <- beta v + Delta;   step = eta v. FedAvgM: Hsu et al. 2019 (arXiv 1909.06335).
rule_maker make_momentum;

// The adaptive rules, without bias correction: Reddi et al. 2021, algorithm 2. m begins at 0, v at
// tau^2. The numbers are momentum (beta), beta2 and tau.
//     m <- beta m + (1 - beta) Delta;   v <- ...;   step = eta m / (sqrt(v) + tau)

/// FedAdam: v <- beta2 v + (1 - beta2) Delta^2
rule_maker make_adam;

/// FedYogi: v <- v - (1 - beta2) Delta^2 sign(v - Delta^2)
rule_maker make_yogi;

/// FedAdagrad: v <- v + Delta^2
rule_maker make_adagrad;

/// SCAFFOLD: Karimireddy et al. 2020 (arXiv 1910.06378), algorithm 1. The update has a second half,
/// the devices' changes of their control variates (network_options::shares_controls). Their mean is
/// Delta c:
///     step of w = eta Delta;   step of c = share Delta c
rule_maker make_scaffold;

}  // namespace verge::rules
