// The `verge` command: reads the command line, calls the library, turns exceptions into one line and an
// exit status (0 success, 1 the run failed, 2 bad input).

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string_view>

#include "verge/messages/errors.hpp"
#include "verge/model/learner.hpp"
#include "verge/runtime/report.hpp"
#include "verge/runtime/run_experiment.hpp"
#include "verge/runtime/summary_table.hpp"

namespace {

namespace fs = std::filesystem;

std::atomic<bool> stop_requested{false};

/// The first Ctrl-C asks for an orderly end, the second one ends the program.
void on_interrupt(int signal) {
  if (stop_requested.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  // A round may take minutes. write() is what a signal handler may call.
  constexpr std::string_view message =
      "\nverge: stopping after this round; once more ends it at once\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, message.data(), message.size());
}

struct run_arguments {
  fs::path experiment;
  std::vector<std::string> overrides;
  std::vector<std::string> arms;
  fs::path out;
  bool force = false;
};

void add_run(CLI::App& app, run_arguments& arguments) {
  auto* run = app.add_subcommand("run", "Run every arm of an experiment in this process");
  run->add_option("experiment", arguments.experiment, "Experiment file (TOML)")->required();
  run->add_option("--set", arguments.overrides,
                  "Set a key, e.g. devices.count=8 or arm.large-batch.epochs=2")
      ->take_all()
      ->allow_extra_args(false);
  run->add_option("--arm", arguments.arms, "Run only this arm (may be repeated)")
      ->take_all()
      ->allow_extra_args(false);
  run->add_option("--out", arguments.out, "Run directory (default: runs/<name>)");
  run->add_flag("--force", arguments.force, "Replace an existing run");
}

int run(const run_arguments& arguments) {
  const auto what = verge::read_experiment(arguments.experiment, arguments.overrides);
  verge::run_options how;
  how.directory = arguments.out.empty() ? fs::path{"runs"} / what.name : arguments.out;
  how.force = arguments.force;
  how.arms = arguments.arms;
  how.terminal = isatty(fileno(stderr)) != 0;
  how.should_stop = [] { return stop_requested.load(); };
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);

  const auto summary = verge::run_experiment(what, how);
  std::cout << verge::summary_table(summary)
            << fmt::format("\nreport: {}\n", (how.directory / "report.html").string());
  if (stop_requested) std::cerr << "verge: stopped before the end; the run directory is whole\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  verge::tune_process_for_training();
  CLI::App app{"Train one model on data that never leaves the devices that hold it.", "verge"};
  app.set_version_flag("--version", VERGE_VERSION);
  app.require_subcommand(1);
  run_arguments arguments;
  add_run(app, arguments);
  std::vector<fs::path> reports;
  app.add_subcommand("report", "Draw the report of run directories again")
      ->add_option("directory", reports, "Run directory")
      ->required();
  // CLI11 would only say that a subcommand is missing.
  const auto is_first_word = [&](const CLI::App* command) {
    return command->get_name() == argv[1];
  };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_first_word).empty()) {
    std::cerr << fmt::format("verge: '{}' is not a command; expected run or report\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    std::cerr << "verge: " << e.what() << " (verge --help tells the rest)\n";
    return 2;
  }
  try {
    if (app.got_subcommand("run")) return run(arguments);
    for (const auto& directory : reports) verge::write_report(directory);
    return 0;
  } catch (const verge::bad_input& e) {
    std::cerr << "verge: " << e.what() << '\n';
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "verge: " << e.what() << '\n';
    return 1;
  }
}
