#pragma once

#include "actors/link/compressor.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// The codecs that both ends of a run's links agree on.
link_codecs codecs_of(const run_plan& plan);

}  // namespace verge
