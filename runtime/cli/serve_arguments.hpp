#pragma once

#include <unistd.h>
#include <cstdio>

#include <string>

#include "command.hpp"
#include "experiment_arguments.hpp"
#include "verge/runtime/serve_experiment.hpp"

namespace verge::cli {

/// Which arm of which experiment is served, and where its run goes.
struct serve_arguments : experiment_arguments {
  std::string arm;

  void add_to(CLI::App& command) {
    experiment_arguments::add_to(command);
    command.add_option("--arm", arm, "The arm; needed where several have devices");
  }

  serve_options options_for(const experiment& what) const {
    serve_options how;
    how.directory = directory_for(what);
    how.force = force;
    how.arm = arm;
    how.terminal = isatty(fileno(stderr)) != 0;
    how.should_stop = stop_requested;
    return how;
  }
};

}  // namespace verge::cli
