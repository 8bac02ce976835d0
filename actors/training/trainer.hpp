#pragma once

#include <caf/all.hpp>
#include <string>

#include "actors/training/training_events.hpp"
#include "verge/model/network.hpp"

namespace verge {

/// One compute thread with one LibTorch replica. Spawned by the pool only.
///
///   hears           does                         answers
///   training_job    loads the version; trains    trained_update (failure: the exception's line)
///   evaluate_task   loads the version; counts    evaluated_range (failure likewise)
///   measure_task    loads the version; measures  measured_moments (failure likewise)
///
/// It holds no state of a device between two messages.
using trainer_actor = caf::typed_actor<caf::replies_to<training_job>::with<trained_update>,
                                       caf::replies_to<evaluate_task>::with<evaluated_range>,
                                       caf::replies_to<measure_task>::with<measured_moments>>;

/// Spawns a detached actor, linked to `owner`. It has a thread of its own, because a pass may take
/// seconds.
trainer_actor spawn_trainer(caf::local_actor* owner, const network& recipe,
                            const std::string& torch_device);

}  // namespace verge
