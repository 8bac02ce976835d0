#pragma once

#include <string>

namespace verge::report {

/// Throws bad_input that says how to get it where there is no gnuplot.
void expect_gnuplot();

/// What gnuplot writes to its standard output on being given that script. Throws run_failure with the first
/// line of its complaint.
std::string run_gnuplot(const std::string& script);

}  // namespace verge::report
