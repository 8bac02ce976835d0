#pragma once

#include <toml++/toml.h>

#include <cstdint>

#include "runtime/experiment/key_reader.hpp"
#include "runtime/experiment/sweep_section.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Reads the [[arm]] tables of `file` into `so_far.arms` and, where there is a sweep, `so_far.tries`. `root` reads `file`; the rest of the
/// experiment is read already, for arms depend on it. `largest_cohort`: the most devices that a
/// cohort can be.
void read_arms(key_reader& root, const toml::table& file, std::uint32_t largest_cohort,
               const sweep_section& sweep, experiment& so_far, problem_list& problems);

}  // namespace verge
