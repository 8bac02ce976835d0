#pragma once

#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <cstdio>

#include <algorithm>
#include <string>

#include "runtime/cli/command.hpp"
#include "runtime/cli/experiment_arguments.hpp"
#include "runtime/cli/shell_words.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/serve_experiment.hpp"

namespace verge::cli {

/// Arguments that say which arm of which experiment to serve, or which run to resume, and where the
/// run goes.
struct serve_arguments : experiment_arguments {
  std::string arm;
  std::filesystem::path resume;

  void add_to(CLI::App& to) {
    command = &to;
    is_required = false;
    experiment_arguments::add_to(to);
    to.add_option("--arm", arm, "The arm; needed where several have devices");
    to.add_option("--resume", resume,
                  "Go on with the run in this folder; with an experiment file, begin it there if "
                  "there is none yet")
        ->excludes("--out")
        ->excludes("--force");
  }

  /// The experiment that the user names, or else that of the run to resume.
  experiment chosen() const {
    if (!file.empty()) return read();
    if (resume.empty())
      throw bad_input("expected an experiment file, or --resume DIR to go on with a run");
    return read(run_to_resume(resume));
  }

  serve_options options_for(const experiment& what) const {
    serve_options how;
    how.resume = !resume.empty();
    how.directory = how.resume ? resume : directory_for(what);
    how.force = force;
    how.arm = arm;
    how.terminal = isatty(fileno(stderr)) != 0;
    how.should_stop = stop_requested;
    how.command_to_resume = [this, folder = how.directory](const host_port& where) {
      return command_to_resume(folder, where);
    };
    return how;
  }

private:
  /// The user's command line, changed to resume the run in `folder`. Its run.toml has the
  /// experiment with all keys that were set, so those arguments are left out.
  std::string command_to_resume(const std::filesystem::path& folder, const host_port& where) const {
    constexpr std::array in_run_toml{"--resume", "--out", "--force", "--set", "--arm", "--device"};
    auto text =
        fmt::format("verge {} --resume {}", command->get_name(), shell_word(folder.string()));
    for (const auto* option : command->get_options()) {
      const auto name = option->get_name();
      if (option->count() == 0 || name.rfind("--", 0) != 0 ||
          std::count(in_run_toml.begin(), in_run_toml.end(), name) > 0)
        continue;
      text += ' ' + name;
      // The system may have chosen the port, and devices look for the server at its old address.
      if (name == "--listen")
        text += ' ' + shell_word(where.text());
      else if (option->get_type_size() > 0)
        for (const auto& given : option->results()) text += ' ' + shell_word(given);
    }
    return text;
  }

  const CLI::App* command = nullptr;
};

}  // namespace verge::cli
