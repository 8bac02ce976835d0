#pragma once

#include <string>

namespace verge::report {

/// Throws bad_input, which says how to install gnuplot, where it is missing.
void expect_gnuplot();

/// Runs gnuplot with `script` and returns its standard output. Throws run_failure with the first
/// line of its error output.
std::string run_gnuplot(const std::string& script);

}  // namespace verge::report
