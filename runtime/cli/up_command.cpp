#include <fmt/format.h>

#include <iostream>

#include "child_processes.hpp"
#include "command.hpp"
#include "results.hpp"
#include "serve_arguments.hpp"
#include "verge/messages/errors.hpp"

namespace verge::cli {

namespace {

/// Devices of one machine are here at once, or something is wrong with them.
constexpr std::chrono::minutes join_deadline{5};
constexpr std::chrono::seconds return_grace{5};
constexpr const char* device_patience = "30";
/// A process each.
constexpr std::uint32_t most_processes = 256;

int up(const serve_arguments& arguments) {
  const auto what = arguments.read();
  const auto count = what.devices.count;
  if (count > most_processes)
    throw bad_input(
        fmt::format("devices.count = {}: a process each, expected at most {}; `verge "
                    "run` has room for more in one process",
                    count, most_processes));
  auto how = arguments.options_for(what);
  how.listen = {"127.0.0.1", 0};
  how.devices_hold_shards = true;
  how.rounds.join_deadline = join_deadline;
  how.rounds.return_grace = return_grace;
  stop_after_the_round();

  child_processes devices;
  how.on_listening = [&](const host_port& where) {
    for (std::uint32_t k = 1; k <= count; ++k)
      devices.start(fmt::format("device {} of {}", k, count),
                    {"device", "--server", where.text(), "--shard", fmt::format("{}/{}", k, count),
                     "--data-dir", what.data.path.string(), "--patience", device_patience,
                     "--device", what.torch_device},
                    how.directory / fmt::format("device-{}.log", k));
  };
  how.should_stop = [&] {
    for (const auto& one : devices.failed())
      std::cerr << fmt::format("verge: {} has ended with status {}, see {}\n", one.name, one.status,
                               one.log.string());
    return stop_requested();
  };
  return print_results(serve_experiment(what, how), how.directory);
}

}  // namespace

command add_up(CLI::App& program) {
  const auto arguments = std::make_shared<serve_arguments>();
  auto* app =
      program.add_subcommand("up", "Start a server and its devices as processes of this machine");
  arguments->add_to(*app);
  return {app, [arguments] { return up(*arguments); }};
}

}  // namespace verge::cli
