#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "command.hpp"
#include "experiment_arguments.hpp"
#include "verge/runtime/run_experiment.hpp"
#include "verge/runtime/summary_table.hpp"

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
  stop_on_signals("\nverge: stopping after this round; once more ends it at once\n");

  const auto summary = run_experiment(what, how);
  std::cout << summary_table(summary)
            << fmt::format("\nreport: {}\n", (how.directory / "report.html").string());
  if (stop_requested()) std::cerr << "verge: stopped before the end; the run directory is whole\n";
  return 0;
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
