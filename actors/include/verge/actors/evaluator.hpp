#pragma once

#include <caf/all.hpp>

#include "verge/actors/events.hpp"
#include "verge/actors/server.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// Evaluates committed versions on the test set while later rounds train.
///
///   hears            from          does                                             answers
///   evaluation_due   coordinator   takes a snapshot of the model and queues it      done, when taken
///   drain            coordinator   -                                                done, when idle
///
/// and sends the coordinator an evaluation_result or evaluation_failed for each. Holds at most two
/// versions of the model: with one being evaluated and one waiting, the next is taken later.
using evaluator_actor = caf::typed_actor<caf::replies_to<evaluation_due>::with<done_atom>,
                                         caf::replies_to<drain_atom>::with<done_atom>>;

/// Who says that an evaluation is due hears what it came to.
using evaluation_listener =
    caf::typed_actor<caf::reacts_to<evaluation_result>, caf::reacts_to<evaluation_failed>>;

struct evaluator_options {
  std::uint64_t run = 0;
  manifest layout;
  dataset_ptr test;
};

evaluator_actor spawn_evaluator(caf::actor_system& system, evaluator_options options,
                                server_actor server, trainer_pool_actor pool);

}  // namespace verge
