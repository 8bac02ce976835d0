#include <fmt/format.h>

#include "runtime/cli/command.hpp"
#include "runtime/cli/failures_in_log.hpp"
#include "runtime/cli/node_arguments.hpp"
#include "runtime/cli/print_results.hpp"
#include "runtime/cli/serve_arguments.hpp"
#include "runtime/cli/training_commands.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/process_tuning.hpp"

namespace verge::cli {

namespace {

struct server_arguments {
  serve_arguments experiment;
  node_arguments node;
  std::string listen;
  std::uint32_t min_devices = 0;
  double join_deadline = 3600;
  double return_grace = 60;
  std::uint32_t most_abandoned = 10;
  std::uint32_t byte_budget = 64;
};

int serve_or_throw(const server_arguments& arguments) {
  tune_process_for_serving();
  const auto what = arguments.experiment.chosen();
  if (arguments.min_devices > what.devices.count)
    throw bad_input(fmt::format("--min-devices {}: expected at most devices.count, {}",
                                arguments.min_devices, what.devices.count));
  auto how = arguments.experiment.options_for(what);
  how.listen = read_host_port(arguments.listen, "--listen");
  how.keys = arguments.node.keys_folder();
  how.insecure = arguments.node.insecure;
  how.timing = arguments.node.timing();
  how.rounds.min_devices = arguments.min_devices;
  how.rounds.join_deadline = node_arguments::milliseconds(arguments.join_deadline);
  how.rounds.return_grace = node_arguments::milliseconds(arguments.return_grace);
  how.rounds.most_abandoned = arguments.most_abandoned;
  how.rounds.byte_budget = std::uint64_t{arguments.byte_budget} << 20;
  how.format = arguments.node.format();
  stop_after_the_round(how.format);

  return print_results(serve_experiment(what, how), how.directory, how.format);
}

int serve(const server_arguments& arguments) {
  return with_failures_in_log(arguments.node.format(), [&] { return serve_or_throw(arguments); });
}

}  // namespace

command add_server(CLI::App& program) {
  const auto arguments = std::make_shared<server_arguments>();
  auto* app = add_training_command(program, training_command::server);
  arguments->experiment.add_to(*app);
  arguments->node.add_to(*app, "Folder that `verge keys init` made: mutual TLS, known devices");
  app->add_option("--listen", arguments->listen, "HOST:PORT to wait at; port 0: any that is free")
      ->required();
  app->add_option("--min-devices", arguments->min_devices,
                  "Members that a round needs (default: devices.count for the first, one for the "
                  "others)");
  app->add_option("--join-deadline", arguments->join_deadline,
                  "Seconds to wait for them before giving up")
      ->check(CLI::Range(0.1, 31536000.0))
      ->capture_default_str();
  app->add_option("--return-grace", arguments->return_grace,
                  "Seconds that a device whose link is lost may take to come back")
      ->check(CLI::Range(0.0, 31536000.0))
      ->capture_default_str();
  app->add_option("--most-abandoned", arguments->most_abandoned,
                  "Rounds in a row that may miss their quorum")
      ->capture_default_str();
  app->add_option(
         "--byte-budget", arguments->byte_budget,
         "MiB of updates on their way in; of model blocks on their way out an eighth of it")
      ->check(CLI::Range(1, 1048576))
      ->capture_default_str();
  return {app, [arguments] { return serve(*arguments); }};
}

}  // namespace verge::cli
