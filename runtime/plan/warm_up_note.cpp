#include "runtime/plan/warm_up_note.hpp"

#include <fmt/format.h>

namespace verge {

std::string warm_up_note(const std::string& arm, const work_plan& plan, const run_length& length) {
  const auto warm_up = plan.schedule.warmup_epochs;
  // Lengths are quotients, so a warm-up as long as the run may seem a little shorter.
  constexpr double tolerance = 1e-9;
  if (warm_up == 0.0 || length.epochs() > warm_up + tolerance) return {};
  return fmt::format(
      "arm {}: its {} rounds are {:.4g} epochs, and warmup_epochs is {:.4g}: the learning rate "
      "grows "
      "to {:.4g} in the last round, and nothing is left for the schedule",
      arm, length.rounds, length.epochs(), warm_up,
      plan.at(round_id{length.rounds}, length).learning_rate);
}

}  // namespace verge
