#pragma once

#include <string>

#include "verge/runtime/ledger.hpp"

namespace verge {

/// A run's summary as an aligned text table with one row per arm; every line ends with a newline.
/// It has accuracies in percent, the bytes of the whole arm in MB (10^6 bytes), modelled times if
/// an arm has them, and "-" where the summary has null. An arm's name is followed by "*" where it
/// was stopped early and by "!" where it failed; lines below the table give the reasons.
std::string summary_table(const run_summary& summary);

}  // namespace verge
