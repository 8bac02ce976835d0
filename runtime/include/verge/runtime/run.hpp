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

/// Configures the scheduler of an actor system that trains: `threads` workers that sleep until
/// there is work. CAF's default workers poll every 10 ms when idle. Between two passes all workers
/// are idle, so each device's turn would wait for a poll. A host may choose other settings.
void configure_scheduler(caf::actor_system_config& config, std::uint32_t threads);

/// A run under way. `stop_atom` ends it after the open round. A round_listener that is sent to it
/// hears every result from then on.
using run_actor = caf::typed_actor<caf::reacts_to<stop_atom>, caf::reacts_to<round_listener>>;

/// Spawns the actors of a run in `system` and starts it. `listeners` hear every result and, last,
/// run_ended. The actors of the run end by themselves, but the pool does not. The devices must be
/// in this process. Throws as check_plan() does.
run_actor spawn_run(caf::actor_system& system, const run_plan& plan, const trainer_pool_actor& pool,
                    const std::vector<round_listener>& listeners);

/// Functions that run_until_ended() calls, all on its caller's thread.
struct run_callbacks {
  /// Actors that hear the results as well.
  std::vector<round_listener> listeners;
  std::function<void(const run_length&)> on_length;
  std::function<void(const round_result&)> on_round;
  std::function<void(const evaluation_result&)> on_evaluation;
  /// Called once, after all others.
  std::function<void(const run_ended&)> on_ended;
  /// Called between results, several times per second; true ends the run after the open round.
  std::function<bool()> should_stop;
};

/// Runs `plan`, blocks until it ends, and returns how it ended. After a failure `failure` holds the
/// reason and `model` the model that was committed last. Throws as check_plan() does. An exception
/// from a callback ends the run and is passed on.
run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks = {});

/// The same, but throws run_failure when the run has failed.
run_ended run_to_end(caf::actor_system& system, const run_plan& plan,
                     const trainer_pool_actor& pool, const run_callbacks& callbacks = {});

}  // namespace verge
