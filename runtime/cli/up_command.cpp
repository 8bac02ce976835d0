#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "child_processes.hpp"
#include "command.hpp"
#include "experiment_arguments.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/serve_experiment.hpp"
#include "verge/runtime/summary_table.hpp"

namespace verge::cli {

namespace {

/// Devices of one machine are here at once, or something is wrong with them.
constexpr std::chrono::minutes join_deadline{5};
constexpr std::chrono::seconds return_grace{5};
constexpr const char* device_patience = "30";
/// A process each.
constexpr std::uint32_t most_processes = 256;

struct up_arguments {
  experiment_arguments experiment;
  std::string arm;
};

int up(const up_arguments& arguments) {
  const auto what = arguments.experiment.read();
  const auto count = what.devices.count;
  if (count > most_processes)
    throw bad_input(
        fmt::format("devices.count = {}: a process each, expected at most {}; `verge "
                    "run` has room for more in one process",
                    count, most_processes));
  serve_options how;
  how.listen = {"127.0.0.1", 0};
  how.directory = arguments.experiment.directory_for(what);
  how.force = arguments.experiment.force;
  how.arm = arguments.arm;
  how.rounds.join_deadline = join_deadline;
  how.rounds.return_grace = return_grace;
  how.terminal = isatty(fileno(stderr)) != 0;
  stop_on_signals("\nverge: stopping after this round; once more ends it at once\n");

  child_processes devices;
  how.on_listening = [&](const host_port& where) {
    for (std::uint32_t k = 1; k <= count; ++k)
      devices.start(fmt::format("device {} of {}", k, count),
                    {"device", "--server", where.text(), "--shard", fmt::format("{}/{}", k, count),
                     "--data-dir", what.data.path.string(), "--patience", device_patience},
                    how.directory / fmt::format("device-{}.log", k));
  };
  how.should_stop = [&] {
    for (const auto& one : devices.failed())
      std::cerr << fmt::format("verge: {} has ended with status {}, see {}\n", one.name, one.status,
                               one.log.string());
    return stop_requested();
  };
  const auto summary = serve_experiment(what, how);
  std::cout << summary_table(summary)
            << fmt::format("\nreport: {}\n", (how.directory / "report.html").string());
  if (stop_requested()) std::cerr << "verge: stopped before the end; the run directory is whole\n";
  return 0;
}

}  // namespace

command add_up(CLI::App& program) {
  const auto arguments = std::make_shared<up_arguments>();
  auto* app =
      program.add_subcommand("up", "Start a server and its devices as processes of this machine");
  arguments->experiment.add_to(*app);
  app->add_option("--arm", arguments->arm, "The arm; needed where several have devices");
  return {app, [arguments] { return up(*arguments); }};
}

}  // namespace verge::cli
