#include <fmt/format.h>

#include "runtime/cli/command.hpp"
#include "runtime/cli/failures_in_log.hpp"
#include "runtime/cli/node_arguments.hpp"
#include "runtime/cli/standard_input.hpp"
#include "runtime/cli/torch_device_option.hpp"
#include "runtime/cli/training_commands.hpp"
#include "runtime/node/node_log.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/node_device.hpp"

namespace verge::cli {

namespace {

struct device_arguments {
  node_arguments node;
  std::string server;
  std::string name;
  std::string shard;
  std::filesystem::path data_directory;
  std::vector<std::filesystem::path> data_files;
  double patience = 300;
  std::filesystem::path state;
  std::string torch_device = "cpu";
  bool ends_with_stdin = false;
};

void watch_standard_input(std::FILE* out, log_format format) {
  end_with_standard_input([log = std::make_shared<node_log>(out, format, false)] {
    log->say("ended", "the program that started this device has ended, and this device with it");
  });
}

int be_device_or_throw(const device_arguments& arguments) {
  node_device_options how;
  how.server = read_host_port(arguments.server, "--server");
  how.keys = arguments.node.keys_folder();
  how.insecure = arguments.node.insecure;
  if (!arguments.name.empty() && arguments.node.keys_folder())
    throw bad_input(fmt::format(
        "--name {}: expected no name beside --keys, whose certificate says it", arguments.name));
  how.name = arguments.name;
  how.timing = arguments.node.timing();
  how.patience = node_arguments::milliseconds(arguments.patience);
  if (!arguments.shard.empty()) how.shard = read_shard_choice(arguments.shard);
  how.data_directory = arguments.data_directory;
  how.data_files = arguments.data_files;
  if (!arguments.state.empty()) how.state = arguments.state;
  require_torch_device(arguments.torch_device);
  how.torch_device = arguments.torch_device;
  how.format = arguments.node.format();
  how.should_stop = stop_requested;
  if (arguments.ends_with_stdin) watch_standard_input(how.out, how.format);
  stop_on_signals("\nverge: leaving the run; once more ends it at once\n", how.format);
  run_node_device(how);
  return 0;
}

int be_device(const device_arguments& arguments) {
  return with_failures_in_log(arguments.node.format(),
                              [&] { return be_device_or_throw(arguments); });
}

}  // namespace

command add_device(CLI::App& program) {
  const auto arguments = std::make_shared<device_arguments>();
  auto* app = add_training_command(program, training_command::device);
  arguments->node.add_to(*app, "Folder that `verge keys device NAME` made");
  app->add_option("--server", arguments->server, "HOST:PORT of `verge server`")->required();
  auto* shard = app->add_option("--shard", arguments->shard,
                                "K/N: hold shard K of N of the run's data set, as `verge run` "
                                "cuts it");
  app->add_option("--data-dir", arguments->data_directory,
                  "Where the data set of --shard is (default: where its package puts it)")
      ->needs(shard);
  app->add_option("--data", arguments->data_files,
                  "Files of one's own in the data set's format: pictures and labels (idx), or "
                  "batches (CIFAR)")
      ->excludes(shard);
  app->add_option("--name", arguments->name, "What the log calls it; only without --keys");
  app->add_option("--state", arguments->state,
                  "Folder where what the device has to remember outlives this process");
  add_torch_device(*app, arguments->torch_device, "cpu");
  app->add_flag("--end-with-stdin", arguments->ends_with_stdin,
                "End when standard input does: with the program that started this one");
  app->add_option("--patience", arguments->patience,
                  "Seconds to try to reach the server before giving up")
      ->check(CLI::Range(0.1, 31536000.0))
      ->capture_default_str();
  return {app, [arguments] { return be_device(*arguments); }};
}

}  // namespace verge::cli
