#pragma once

#include <string>
#include <vector>

#include "runtime/plan/batch_check.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// Remarks, one line each, to be shown before the arm begins: where an arm does less than its keys
/// seem to ask for, or something else, though nothing is wrong. `shards` are those of its devices,
/// as far as they are known.
std::vector<std::string> remarks_on(const experiment& what, const arm_options& arm,
                                    const run_plan& plan, const shard_sizes& shards);

}  // namespace verge
