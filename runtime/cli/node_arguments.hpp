#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "verge/runtime/node_options.hpp"

namespace verge::cli {

/// Arguments that the commands at both ends of a link have in common.
struct node_arguments {
  std::filesystem::path keys;
  bool insecure = false;
  double heartbeat = 2.0;
  double connection_timeout = 20.0;
  std::string format_word = "text";

  void add_to(CLI::App& command, const std::string& what_keys_are) {
    command.add_option("--keys", keys, what_keys_are);
    command.add_flag("--insecure", insecure, "Without encryption and proof also between hosts");
    command.add_option("--heartbeat", heartbeat, "Seconds between signs of life on a link")
        ->check(CLI::Range(0.05, 3600.0))
        ->capture_default_str();
    command
        .add_option("--connection-timeout", connection_timeout,
                    "Seconds after which a silent link is closed")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    command.add_option("--log-format", format_word, "text, or json: an object a line")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
  }

  std::optional<std::filesystem::path> keys_folder() const {
    return keys.empty() ? std::nullopt : std::optional{keys};
  }
  log_format format() const { return format_word == "json" ? log_format::json : log_format::text; }
  link_timing timing() const { return {milliseconds(heartbeat), milliseconds(connection_timeout)}; }

  static std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
  }
};

}  // namespace verge::cli
