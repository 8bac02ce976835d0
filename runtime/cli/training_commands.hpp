#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <cstddef>

namespace verge::cli {

/// The commands that need LibTorch.
enum class training_command { run, server, device, up };

/// What --help says of them, in their order.
struct command_words {
  const char* name;
  const char* purpose;
};
inline constexpr std::array<command_words, 4> training_commands{{
    {"run", "Run every arm of an experiment in this process"},
    {"server", "Train one arm of an experiment with devices that are other processes"},
    {"device", "Be a device of a server's run, with data of one's own"},
    {"up", "Start a server and its devices as processes of this machine"},
}};

inline CLI::App* add_training_command(CLI::App& program, training_command which) {
  const auto& words = training_commands[static_cast<std::size_t>(which)];
  return program.add_subcommand(words.name, words.purpose);
}

}  // namespace verge::cli
