#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

/// What the arms came to, as HTML.
namespace verge::report {

/// A sentence an arm.
std::string results_in_words(const std::vector<run_record>& runs);

/// A line an arm: what it took to reach the target accuracy of its run, and what the whole arm came to.
std::string results_table(const std::vector<run_record>& runs);

/// The trained model of each arm by its hash.
std::string models_table(const std::vector<run_record>& runs);

}  // namespace verge::report
