#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "verge/runtime/experiment.hpp"
#include "verge/runtime/ledger.hpp"
#include "verge/runtime/node_options.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

struct serve_options {
  /// Port 0 = any free port; the log says which one.
  host_port listen;
  /// The folder of a keyring: links use mutual TLS, and devices prove their names. Unset: every
  /// device that reaches the port is admitted.
  std::optional<std::filesystem::path> keys;
  /// Allows an address that other hosts can reach without `keys`.
  bool insecure = false;
  link_timing timing;

  /// The run directory, and whether to replace an earlier run in it.
  std::filesystem::path directory;
  bool force = false;
  /// Resume the run in the directory, if there is one.
  bool resume = false;
  /// The arm to train. May be empty where the experiment has exactly one arm with devices.
  std::string arm;
  /// Every device holds its shard of the experiment's data set and has the name that shard_name()
  /// gives. The run directory then records the label counts of each device. Otherwise only the
  /// devices know what they hold.
  bool devices_hold_shards = false;
  /// `devices` in it is ignored; the experiment gives the number.
  node_rounds rounds;

  std::FILE* out = stderr;
  bool terminal = false;
  log_format format = log_format::text;
  /// Called once, as soon as devices can reach the server.
  std::function<void(const host_port&)> on_listening;
  /// Called several times per second; true ends the run after the open round.
  std::function<bool()> should_stop;
  /// Returns the command that resumes a stopped run, for the log. Its argument is the address of
  /// this server.
  std::function<std::string(const host_port&)> command_to_resume;
};

/// The experiment file (run.toml) of the run in `folder`, needed to resume it. Throws bad_input
/// where serve_experiment() has not begun a run there.
std::filesystem::path run_to_resume(const std::filesystem::path& folder);

/// Trains one arm with devices in other processes and writes the run directory as run_experiment()
/// does, with a checkpoint after each round. Throws bad_input before anything is written, and
/// run_failure after that.
run_summary serve_experiment(const experiment& what, const serve_options& how);

}  // namespace verge
