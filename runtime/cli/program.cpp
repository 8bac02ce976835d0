#include "runtime/cli/program.hpp"

#include <fmt/format.h>

#include <csignal>
#include <iostream>
#include <sstream>

#include "runtime/cli/exit_status.hpp"
#include "runtime/cli/standard_output.hpp"

namespace verge::cli {

namespace {

std::string names_of(const std::vector<command>& commands) {
  std::string names;
  for (std::size_t i = 0; i < commands.size(); ++i)
    names += (i == 0 ? "" : i + 1 < commands.size() ? ", " : " or ") + commands[i].app->get_name();
  return names;
}

int run(const std::vector<command>& commands) {
  for (const auto& one : commands)
    if (one.app->parsed()) return one.run();
  return 2;
}

/// What --help and --version ask for.
int answer(const CLI::App& app, const CLI::Success& asked) {
  std::ostringstream text;
  const int status = app.exit(asked, text, text);
  print(text.str());
  return status;
}

/// What `action` throws becomes one line.
template <class Action>
int with_one_line(Action action) {
  return exit_status_of(
      action, [](const std::exception& e) { std::cerr << "verge: " << e.what() << '\n'; });
}

}  // namespace

int run_program(int argc, char** argv, const std::vector<command_adder>& adders) {
  keep_standard_streams();
  // A file that outgrows the process's limit (ulimit -f) is a write that fails, and is told like a
  // full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app{"Train one model on data that never leaves the devices that hold it.", "verge"};
  app.set_version_flag("--version", VERGE_VERSION);
  app.require_subcommand(1);
  std::vector<command> commands;
  commands.reserve(adders.size());
  for (const auto add : adders) commands.push_back(add(app));
  // CLI11 would only say that a subcommand is missing.
  const auto is_first_word = [&](const CLI::App* command) {
    return command->get_name() == argv[1];
  };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_first_word).empty()) {
    std::cerr << fmt::format("verge: '{}' is not a command; expected {}\n", argv[1],
                             names_of(commands));
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return with_one_line([&] { return answer(app, e); });
  } catch (const CLI::ParseError& e) {
    std::cerr << "verge: " << e.what() << " (verge --help tells the rest)\n";
    return 2;
  }
  return with_one_line([&] { return run(commands); });
}

}  // namespace verge::cli
