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
  /// Port 0: any that is free; the log says which.
  host_port listen;
  /// Of a keyring: mutual TLS, and devices prove their names. None: who reaches the port is let in.
  std::optional<std::filesystem::path> keys;
  /// Without keys on an address that other hosts can reach.
  bool insecure = false;
  link_timing timing;

  /// The run directory, and whether an earlier run in it is replaced.
  std::filesystem::path directory;
  bool force = false;
  /// Go on with the run in it, if there is one.
  bool resume = false;
  /// The arm that is trained; may be empty where the experiment has one that has devices.
  std::string arm;
  /// Every device holds its shard of the experiment's data set, and is called by shard_name(): the run directory says who
  /// holds what. Else only the devices know what they hold.
  bool devices_hold_shards = false;
  /// Its `devices` is set from the experiment.
  node_rounds rounds;

  std::FILE* out = stderr;
  bool terminal = false;
  log_format format = log_format::text;
  /// Called once, when devices can reach the server.
  std::function<void(const host_port&)> on_listening;
  /// True ends the run after the open round.
  std::function<bool()> should_stop;
  /// The command that goes on with a run that was stopped, for the log; it is given where this server could be reached.
  std::function<std::string(const host_port&)> command_to_resume;
};

/// The experiment of the run in `folder`, for who goes on with it. Throws bad_input where serve_experiment() has begun
/// none there.
std::filesystem::path run_to_resume(const std::filesystem::path& folder);

/// Trains one arm with devices of other processes and writes the run directory as run_experiment() does, with a
/// checkpoint after each round. Throws bad_input before anything is written, run_failure after.
run_summary serve_experiment(const experiment& what, const serve_options& how);

}  // namespace verge
