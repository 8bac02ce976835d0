#pragma once

#include <vector>

#include "runtime/cli/command.hpp"

namespace verge::cli {

/// Adds a command to the program.
using command_adder = command (*)(CLI::App&);

/// Reads the command line and runs the command that it names. What the command throws becomes one
/// line on standard error. Returns the exit status: 0 success, 1 the run failed, 2 bad input.
int run_program(int argc, char** argv, const std::vector<command_adder>& commands);

}  // namespace verge::cli
