#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "verge/runtime/node_options.hpp"

// The commands of `verge`, one file each. Each adds itself to the program and returns how to run
// it.

namespace verge::cli {

/// Runs a command after the command line has been read, and returns the program's exit status.
using action = std::function<int()>;

struct command {
  CLI::App* app = nullptr;
  action run;
};

command add_run(CLI::App& program);
command add_server(CLI::App& program);
command add_device(CLI::App& program);
command add_up(CLI::App& program);
command add_keys(CLI::App& program);
command add_report(CLI::App& program);
command add_advise(CLI::App& program);

/// From now on Ctrl-C or SIGTERM requests an orderly end, and a second one ends the program at
/// once. The first prints `what`, which says what the program still does. It is not printed between
/// lines of JSON, which have an event for the end.
void stop_on_signals(const char* what, log_format format = log_format::text);
bool stop_requested();

}  // namespace verge::cli
