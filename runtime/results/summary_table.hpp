#pragma once

#include <string>

#include "verge/runtime/ledger.hpp"

namespace verge {

/// A run's summary as an aligned text table, one row an arm, each line ended: accuracies in
/// percent, bytes of the whole arm in MB (10^6 bytes), modelled times if an arm has them,
/// "-" where the summary has null. Behind the name of an arm: "*" where it was stopped early, "!" where it has failed,
/// and below the table why.
std::string summary_table(const run_summary& summary);

}  // namespace verge
