#pragma once

#include <functional>
#include <vector>

#include "actors/round/coordinator.hpp"
#include "verge/runtime/run.hpp"

namespace verge {

/// The actors of a run that devices talk to.
struct run_actors {
  coordinator_actor coordinator;
  server_actor server;
};

/// What a run is given that has more than its own process can see.
struct run_surroundings {
  /// Of its checkpoints; null: there are none.
  checkpoint_keeper_actor keeper = {};
  /// Called once, before round 1: lets devices of other processes in.
  std::function<void(const run_actors&)> on_begun = {};
};

/// Spawns server, evaluator, coordinator and, unless they are other processes, the devices. As spawn_run().
run_actors spawn_run_actors(caf::actor_system& system, const run_plan& plan,
                            const trainer_pool_actor& pool,
                            const std::vector<round_listener>& listeners,
                            const checkpoint_keeper_actor& keeper = {});

/// As run_until_ended() without surroundings.
run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks,
                          const run_surroundings& surroundings);

}  // namespace verge
