#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "verge/actors/atoms.hpp"
#include "verge/actors/round_listener.hpp"
#include "verge/actors/trainer_pool.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// Scheduler settings for an actor system that trains: `threads` workers that sleep until there is work.
/// CAF's default workers poll every 10 ms when idle, and between two passes everybody is idle, so each
/// device's turn would cost a poll. A host may choose otherwise.
void configure_scheduler(caf::actor_system_config& config, std::uint32_t threads);

/// A run under way. `stop_atom` ends it after the open round; a round_listener hears every result from then on.
using run_actor = caf::typed_actor<caf::reacts_to<stop_atom>, caf::reacts_to<round_listener>>;

/// Spawns the actors of a run in `system` and begins. `listeners` hear every result and, last, run_ended. The actors of
/// the run end by themselves; the pool stays. Devices have to be in this process. Throws as check_plan() does.
run_actor spawn_run(caf::actor_system& system, const run_plan& plan, const trainer_pool_actor& pool,
                    const std::vector<round_listener>& listeners);

/// What happens during run_until_ended(), on the calling thread.
struct run_callbacks {
  /// Actors that hear the results beside the functions below.
  std::vector<round_listener> listeners;
  std::function<void(const run_length&)> on_length;
  std::function<void(const round_result&)> on_round;
  std::function<void(const evaluation_result&)> on_evaluation;
  /// Called once, last.
  std::function<void(const run_ended&)> on_ended;
  /// Asked between results, several times a second: true ends the run after the open round.
  std::function<bool()> should_stop;
};

/// Runs `plan` and returns what its end came to. Blocks. Where the run could not go on, `failure` says why, and `model`
/// is the one that was committed last. Throws as check_plan() does, and what a callback throws, which ends the run.
run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks = {});

/// The same for who has no use for a run that could not go on: throws run_failure then.
run_ended run_to_end(caf::actor_system& system, const run_plan& plan,
                     const trainer_pool_actor& pool, const run_callbacks& callbacks = {});

}  // namespace verge
