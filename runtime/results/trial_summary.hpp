#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/experiment/trial.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// The same as summarise() for an arm, with the arm, seed and tried values of the training.
arm_summary summarise(const trial& training, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256);

}  // namespace verge
