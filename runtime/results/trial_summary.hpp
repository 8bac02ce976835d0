#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/experiment/trial.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// As of an arm, with which training of it this is.
arm_summary summarise(const trial& training, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256);

}  // namespace verge
