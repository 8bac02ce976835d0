#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// The page's title: the run's name, or how many runs are compared. Not escaped.
std::string title_of(const std::vector<run_record>& runs);

/// What ran, as HTML: of one run a sentence, of several which they are.
std::string what_ran(const std::vector<run_record>& runs);

/// A line a run: data, model, devices, target; and a note that says in what the runs differ, for curves of different
/// tasks stand in one figure. Empty where there is one run.
std::string runs_section(const std::vector<run_record>& runs);

}  // namespace verge::report
