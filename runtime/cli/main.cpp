// `verge`. Commands that only read and write files run here. Those that train run in a program of
// their own, which this process becomes: loading LibTorch takes half a second, and who asks for
// --help or a report should not wait for it.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <system_error>

#include "runtime/cli/program.hpp"
#include "runtime/cli/training_commands.hpp"

namespace {

namespace cli = verge::cli;

/// The command line, for the program that this process becomes.
char** words = nullptr;

/// Returns only where the program cannot be started.
int become_training_program() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto program = (self.parent_path() / VERGE_TRAINING_PROGRAM).lexically_normal();
  if (!failed) {
    ::execv(program.c_str(), words);
    failed.assign(errno, std::generic_category());
  }
  std::cerr << fmt::format(
      "verge: {}: cannot be started: {}; expected it beside this program, as "
      "`cmake --install` puts it\n",
      program.string(), failed.message());
  return 1;
}

template <cli::training_command which>
cli::command add(CLI::App& program) {
  return {cli::add_training_command(program, which), become_training_program};
}

bool is_training_command(std::string_view word) {
  return std::any_of(cli::training_commands.begin(), cli::training_commands.end(),
                     [&](const auto& one) { return word == one.name; });
}

}  // namespace

int main(int argc, char** argv) {
  words = argv;
  // Its options are the other program's business.
  if (argc > 1 && is_training_command(argv[1])) return become_training_program();
  using cli::training_command;
  return cli::run_program(
      argc, argv,
      {add<training_command::run>, add<training_command::server>, add<training_command::device>,
       add<training_command::up>, cli::add_keys, cli::add_report, cli::add_advise});
}
