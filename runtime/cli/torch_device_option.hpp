#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

namespace verge::cli {

inline void add_torch_device(CLI::App& command, std::string& device, const std::string& otherwise) {
  command.add_option("--device", device,
                     "Where to compute: cpu, cuda or cuda:N (default: " + otherwise + ")");
}

/// Throws bad_input naming the option.
inline void require_torch_device(const std::string& device) {
  try {
    check_torch_device(device);
  } catch (const bad_input& e) {
    throw bad_input(std::string{"--device "} + e.what());
  }
}

}  // namespace verge::cli
