#include "runtime/plan/run_codecs.hpp"

#include <algorithm>

namespace verge {

link_codecs codecs_of(const run_plan& plan) {
  const auto devices = plan.device_count();
  const auto asked = plan.cohort == 0 ? devices : std::min(plan.cohort, devices);
  return {plan.codec_up, plan.codec_down, asked, plan.seed};
}

}  // namespace verge
