#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/cli/torch_device_option.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge::cli {

/// Arguments that name an experiment, override its keys, and say where its run goes.
struct experiment_arguments {
  std::filesystem::path file;
  std::vector<std::string> overrides;
  std::string torch_device;
  std::filesystem::path out;
  bool force = false;
  /// True where the command line must name the experiment.
  bool is_required = true;

  void add_to(CLI::App& command) {
    command.add_option("experiment", file, "Experiment file (TOML)")->required(is_required);
    command
        .add_option("--set", overrides,
                    "Set a key, e.g. devices.count=8 or arm.large-batch.epochs=2")
        ->take_all()
        ->allow_extra_args(false);
    add_torch_device(command, torch_device, "torch_device of the experiment");
    command.add_option("--out", out, "Run directory (default: runs/<name>)");
    command.add_flag("--force", force, "Replace an existing run");
  }

  experiment read() const { return read(file); }
  /// Reads the experiment `from` a file that the command line does not name, with the keys of the
  /// command line.
  experiment read(const std::filesystem::path& from) const {
    auto all = overrides;
    if (!torch_device.empty()) {
      require_torch_device(torch_device);
      all.push_back("torch_device=\"" + torch_device + "\"");
    }
    return read_experiment(from, all);
  }
  std::filesystem::path directory_for(const experiment& what) const {
    return out.empty() ? std::filesystem::path{"runs"} / what.name : out;
  }
};

}  // namespace verge::cli
