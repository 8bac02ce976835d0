#pragma once

#include <string>
#include <vector>

#include "verge/runtime/ledger.hpp"

namespace verge::report {

/// Which arm is the first at the target over which link, as HTML; empty where the run had no target, or nothing was
/// sent.
std::string advice_section(const run_summary& summary, const std::vector<ledger_line>& ledger);

}  // namespace verge::report
