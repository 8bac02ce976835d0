#pragma once

#include <functional>
#include <vector>

#include "actors/round/coordinator.hpp"
#include "verge/runtime/run.hpp"

namespace verge {

/// The actors of a run to which devices talk.
struct run_actors {
  coordinator_actor coordinator;
  server_actor server;
};

/// Connections of a run to the world outside its actors.
struct run_surroundings {
  /// Keeps the run's checkpoints; null = there are no checkpoints.
  checkpoint_keeper_actor keeper = {};
  /// Called once, before round 1, to admit devices of other processes.
  std::function<void(const run_actors&)> on_begun = {};
};

/// Spawns server, evaluator, coordinator and, unless they are other processes, the devices. Throws
/// as spawn_run() does.
run_actors spawn_run_actors(caf::actor_system& system, const run_plan& plan,
                            const trainer_pool_actor& pool,
                            const std::vector<round_listener>& listeners,
                            const checkpoint_keeper_actor& keeper = {});

/// The same as run_until_ended() in run.hpp, with surroundings.
run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks,
                          const run_surroundings& surroundings);

}  // namespace verge
