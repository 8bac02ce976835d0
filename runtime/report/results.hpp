#pragma once

#include <string>
#include <vector>

#include "verge/runtime/ledger.hpp"

/// What the arms came to, as HTML.
namespace verge::report {

/// A sentence an arm.
std::string results_in_words(const run_summary& summary);

/// A line an arm: what it took to reach the target accuracy, and what the whole run came to. Where an
/// arm has a codec, also what the codecs saved; the ledger tells how many updates the bytes were for.
std::string results_table(const run_summary& summary, const std::vector<ledger_line>& ledger);

/// The trained model of each arm by its hash.
std::string models_table(const run_summary& summary);

}  // namespace verge::report
