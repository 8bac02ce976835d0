#pragma once

#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"

namespace verge::report {

/// The page's title: the run's name, or the number of runs that are compared. Not escaped.
std::string title_of(const std::vector<run_record>& runs);

/// What ran, as HTML: a sentence on one run, or a list of several runs.
std::string what_ran(const std::vector<run_record>& runs);

/// A table with one row per run (data, model, devices, target), and a note on the differences
/// between the runs, because one figure may show curves of different tasks. Empty for a single run.
std::string runs_section(const std::vector<run_record>& runs);

}  // namespace verge::report
