#pragma once

#include <string>

#include "verge/runtime/ledger.hpp"

namespace verge {

/// A run's summary as an aligned text table, one row an arm, each line ended: accuracies in
/// percent, bytes of the whole arm in MB (10^6 bytes), modelled times if an arm has them,
/// "-" where the summary has null, "*" behind the name of an arm that was stopped early.
std::string summary_table(const run_summary& summary);

}  // namespace verge
