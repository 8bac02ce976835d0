#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge {

/// One shard of the run's data set, as `verge run` would cut it.
struct shard_choice {
  /// Counted from 1.
  std::uint32_t number = 1;
  std::uint32_t of = 1;
};

/// "K/N". Throws bad_input.
shard_choice read_shard_choice(const std::string& text);

/// What a device is called that is given no name, but shard `number` of the run's data set.
std::string shard_name(std::uint32_t number);

struct node_device_options {
  host_port server;
  /// The folder that `verge keys device NAME` made. None: no encryption and no proof.
  std::optional<std::filesystem::path> keys;
  /// Without keys to a server on another host.
  bool insecure = false;
  /// Only without keys; empty: shard-K, or the host's name.
  std::string name;
  link_timing timing;
  /// How long to try to reach the server, at first and after a link was lost, before giving up.
  std::chrono::milliseconds patience = std::chrono::minutes{5};

  /// What the device holds: a shard of the data set in `data_directory` (empty: where a package puts it), or
  /// files of its own in the data set's format. One of the two.
  std::optional<shard_choice> shard;
  std::filesystem::path data_directory;
  std::vector<std::filesystem::path> data_files;

  /// Where what a codec still owes, and a control variate, outlive this process, by run and device; none: they do not.
  std::optional<std::filesystem::path> state;

  /// Where the device computes, as check_torch_device() takes it.
  std::string torch_device = "cpu";

  std::FILE* out = stderr;
  log_format format = log_format::text;
  /// Asked several times a second: true leaves the run, and run_node_device() returns.
  std::function<bool()> should_stop;
};

/// Joins a server's run, trains, joins again by itself when the link or the server goes away, and returns
/// when the run is over. Throws bad_input for what the user has to mend (also that there is no such
/// server), run_failure when the run failed or the server stays away.
void run_node_device(const node_device_options& how);

}  // namespace verge
