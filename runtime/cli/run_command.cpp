#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "runtime/cli/command.hpp"
#include "runtime/cli/experiment_arguments.hpp"
#include "runtime/cli/print_results.hpp"
#include "runtime/cli/training_commands.hpp"
#include "runtime/resume/unfinished_experiment.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/run_experiment.hpp"

namespace verge::cli {

namespace {

struct run_arguments : experiment_arguments {
  std::vector<std::string> arms;
  std::filesystem::path resume;
};

/// The experiment that the user names, or else that of the run to resume.
experiment experiment_of(const run_arguments& arguments) {
  if (!arguments.file.empty()) return arguments.read();
  if (arguments.resume.empty())
    throw bad_input("expected an experiment file, or --resume DIR to go on with a run");
  return arguments.read(experiment_to_resume(arguments.resume));
}

bool is_unfinished(const run_summary& summary, std::size_t arms) {
  return summary.arms.size() < arms ||
         std::any_of(summary.arms.begin(), summary.arms.end(),
                     [](const auto& arm) { return arm.status == arm_status::stopped; });
}

int run(const run_arguments& arguments) {
  const auto what = experiment_of(arguments);
  run_options how;
  how.resume = !arguments.resume.empty();
  how.directory = how.resume ? arguments.resume : arguments.directory_for(what);
  how.force = arguments.force;
  how.arms = arguments.arms;
  how.terminal = isatty(fileno(stderr)) != 0;
  how.should_stop = stop_requested;
  stop_after_the_round();

  const auto summary = run_experiment(what, how);
  const int status = print_results(summary, how.directory);
  if (is_unfinished(summary, how.arms.empty() ? what.arms.size() : how.arms.size()))
    std::cerr << fmt::format("verge: verge run --resume {} goes on with it\n",
                             how.directory.string());
  return status;
}

}  // namespace

command add_run(CLI::App& program) {
  const auto arguments = std::make_shared<run_arguments>();
  auto* app = add_training_command(program, training_command::run);
  arguments->is_required = false;
  arguments->add_to(*app);
  app->add_option("--resume", arguments->resume,
                  "Go on with the run in this folder; with an experiment file, begin it there if "
                  "there is none yet")
      ->excludes("--out")
      ->excludes("--force");
  app->add_option("--arm", arguments->arms, "Run only this arm (may be repeated)")
      ->take_all()
      ->allow_extra_args(false);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace verge::cli
