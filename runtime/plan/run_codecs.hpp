#pragma once

#include "actors/link/compressor.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// What both ends of the links of a run agree on.
link_codecs codecs_of(const run_plan& plan);

}  // namespace verge
