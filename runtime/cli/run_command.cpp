#include <unistd.h>

#include "command.hpp"
#include "experiment_arguments.hpp"
#include "results.hpp"
#include "verge/runtime/run_experiment.hpp"

namespace verge::cli {

namespace {

struct run_arguments : experiment_arguments {
  std::vector<std::string> arms;
};

int run(const run_arguments& arguments) {
  const auto what = arguments.read();
  run_options how;
  how.directory = arguments.directory_for(what);
  how.force = arguments.force;
  how.arms = arguments.arms;
  how.terminal = isatty(fileno(stderr)) != 0;
  how.should_stop = stop_requested;
  stop_after_the_round();

  return print_results(run_experiment(what, how), how.directory);
}

}  // namespace

command add_run(CLI::App& program) {
  const auto arguments = std::make_shared<run_arguments>();
  auto* app = program.add_subcommand("run", "Run every arm of an experiment in this process");
  arguments->add_to(*app);
  app->add_option("--arm", arguments->arms, "Run only this arm (may be repeated)")
      ->take_all()
      ->allow_extra_args(false);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace verge::cli
