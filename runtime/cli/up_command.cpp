#include <fmt/format.h>

#include <iostream>

#include "runtime/cli/child_processes.hpp"
#include "runtime/cli/command.hpp"
#include "runtime/cli/print_results.hpp"
#include "runtime/cli/serve_arguments.hpp"
#include "runtime/cli/training_commands.hpp"
#include "verge/messages/errors.hpp"

namespace verge::cli {

namespace {

/// Devices on the same machine join at once, or something is wrong with them.
constexpr std::chrono::minutes join_deadline{5};
constexpr std::chrono::seconds return_grace{5};
constexpr const char* device_patience = "30";
/// How long the devices' processes may take to end when the run is over.
constexpr std::chrono::seconds farewell{5};
/// Maximum number of devices, because each is a process.
constexpr std::uint32_t most_processes = 256;
/// The folder in the run directory with the state of the devices.
constexpr const char* state_name = "state";

int up(const serve_arguments& arguments) {
  const auto what = arguments.chosen();
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
  // All devices are started anew, so they need the time that they need to join.
  how.rounds.resumed_grace = join_deadline;
  stop_after_the_round();

  const auto state = how.directory / state_name;
  child_processes devices;
  const auto tell_failures = [&] {
    for (const auto& one : devices.failed())
      std::cerr << fmt::format("verge: {} has ended with status {}, see {}\n", one.name, one.status,
                               one.log.string());
  };
  how.on_listening = [&](const host_port& where) {
    // Removes the state of an earlier run in this directory.
    if (std::error_code ignored; !how.resume) std::filesystem::remove_all(state, ignored);
    for (std::uint32_t k = 1; k <= count; ++k)
      devices.start(fmt::format("device {} of {}", k, count),
                    {"device", "--server", where.text(), "--shard", fmt::format("{}/{}", k, count),
                     "--data-dir", what.data.path.string(), "--state", state.string(), "--patience",
                     device_patience, "--device", what.torch_device, "--end-with-stdin"},
                    {how.directory / fmt::format("device-{}.log", k), how.resume});
  };
  how.should_stop = [&] {
    tell_failures();
    return stop_requested();
  };
  const auto serve = [&] {
    try {
      return serve_experiment(what, how);
    } catch (const run_failure&) {
      // The devices have heard of the failure, and write it to their logs.
      devices.await_ends(farewell);
      throw;
    }
  };
  const auto summary = serve();
  devices.await_ends(farewell);
  tell_failures();
  // When a run has ended, its devices have removed their state. Only an empty folder is removed
  // here.
  if (std::error_code ignored; true) std::filesystem::remove(state, ignored);
  return print_results(summary, how.directory);
}

}  // namespace

command add_up(CLI::App& program) {
  const auto arguments = std::make_shared<serve_arguments>();
  auto* app = add_training_command(program, training_command::up);
  arguments->add_to(*app);
  return {app, [arguments] { return up(*arguments); }};
}

}  // namespace verge::cli
