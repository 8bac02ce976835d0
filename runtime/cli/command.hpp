#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "verge/runtime/node_options.hpp"

// The commands of `verge`, one file each: each adds itself to the program and says how it is run.

namespace verge::cli {

/// What a command does once the command line has been read; the program's exit status.
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

/// After Ctrl-C or SIGTERM an orderly end is asked for; a second one ends the program at once. `what`
/// is said then, with what the program still does; not between lines of JSON, which have an event for the end.
void stop_on_signals(const char* what, log_format format = log_format::text);
bool stop_requested();

}  // namespace verge::cli
