#pragma once

#include <string>
#include <vector>

#include "runtime/plan/batch_check.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// Where an arm gets less, or other, than its keys seem to ask for, though nothing is wrong: one line each, to be said
/// before the arm begins. `shards`: of its devices, as far as they are known.
std::vector<std::string> remarks_on(const experiment& what, const arm_options& arm,
                                    const run_plan& plan, const shard_sizes& shards);

}  // namespace verge
