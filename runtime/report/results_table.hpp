#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

/// The results of the arms, as HTML.
namespace verge::report {

/// One sentence per arm.
std::string results_in_words(const std::vector<run_record>& runs);

/// One row per arm: the cost of reaching the target accuracy of its run, and the results of the
/// whole arm.
std::string results_table(const std::vector<run_record>& runs);

/// The hash of each arm's trained model.
std::string models_table(const std::vector<run_record>& runs);

}  // namespace verge::report
