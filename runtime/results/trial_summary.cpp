#include "runtime/results/trial_summary.hpp"

#include <utility>

namespace verge {

arm_summary summarise(const trial& training, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256) {
  auto summary = summarise(training.options, devices, lines, target, std::move(model_sha256));
  if (training.arm != summary.name) summary.arm = training.arm;
  summary.seed = training.seed;
  summary.tried = training.tried;
  return summary;
}

}  // namespace verge
