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

/// One shard of the run's data set, cut as `verge run` would cut it.
struct shard_choice {
  /// The shard's number, counted from 1, and the number of shards.
  std::uint32_t number = 1;
  std::uint32_t of = 1;
};

/// Reads "K/N", shard K of N. Throws bad_input.
shard_choice read_shard_choice(const std::string& text);

/// The name of a device that holds shard `number` of the run's data set and is given no other name.
std::string shard_name(std::uint32_t number);

struct node_device_options {
  host_port server;
  /// The folder that `verge keys device NAME` made. Unset: the link is not encrypted, and the
  /// device does not prove its name.
  std::optional<std::filesystem::path> keys;
  /// Allows a server on another host without `keys`.
  bool insecure = false;
  /// The device's name; used only without `keys`. Empty = shard-K, or else the host's name.
  std::string name;
  link_timing timing;
  /// How long to try to reach the server, both at first and after a lost link, before giving up.
  std::chrono::milliseconds patience = std::chrono::minutes{5};

  /// What the device holds, exactly one of two: a shard of the data set in `data_directory` (empty
  /// = the directory of the data set's package), or files of its own in the data set's format.
  std::optional<shard_choice> shard;
  std::filesystem::path data_directory;
  std::vector<std::filesystem::path> data_files;

  /// Folder for the state that is to outlive this process, by run and device: the codec's residual,
  /// and a control variate. Unset: the state is lost with the process.
  std::optional<std::filesystem::path> state;

  /// Where passes are computed; a text that check_torch_device() accepts.
  std::string torch_device = "cpu";

  std::FILE* out = stderr;
  log_format format = log_format::text;
  /// Called several times per second. On true the device leaves the run and run_node_device()
  /// returns.
  std::function<bool()> should_stop;
};

/// Joins a server's run and trains until the run is over. After the link or the server was lost,
/// joins again by itself. Throws bad_input for what the user has to correct, including a server
/// that was never reached. Throws run_failure when the run fails, or when a server that the device
/// had joined stays away.
void run_node_device(const node_device_options& how);

}  // namespace verge
