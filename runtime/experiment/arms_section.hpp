#pragma once

#include <toml++/toml.h>

#include <cstdint>

#include "runtime/experiment/key_reader.hpp"
#include "runtime/experiment/sweep_section.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Reads the [[arm]] tables of `file` into `so_far.arms` and, with a sweep, into `so_far.tries`.
/// `root` reads `file`. The rest of the experiment must have been read before, because arms depend
/// on it. `largest_cohort` is the upper limit of a cohort.
void read_arms(key_reader& root, const toml::table& file, std::uint32_t largest_cohort,
               const sweep_section& sweep, experiment& so_far, problem_list& problems);

}  // namespace verge
