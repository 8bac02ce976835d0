#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

#include "verge/actors/atoms.hpp"
#include "verge/model/network.hpp"

namespace verge {

// The message types of the pool are defined in actors/training/training_events.hpp. Code that only
// spawns a pool does not need them.
struct train_task;
struct trained_update;
struct evaluate_task;
struct evaluated_range;
struct measure_task;
struct measured_moments;

/// A few compute threads that all devices of a process share.
///
///   hears           does                                            answers
///   train_task      waits for a trainer and for buffers; trains     trained_update
///   evaluate_task   waits for a trainer that no training needs      evaluated_range
///   measure_task    the same                                        measured_moments
///   returned_atom   from itself: a buffer has come back
///
/// Training tasks come before all others. A task that is past its deadline is answered without
/// being started. An exception in a trainer is answered as a failure. The number of updates that
/// have been made and are still in memory is bounded: if devices train faster than the server adds,
/// their tasks wait here without memory for an update. The bound is sized for one run at a time.
/// Several runs may use a pool one after another. The pool ends with its last handle.
using trainer_pool_actor = caf::typed_actor<caf::replies_to<train_task>::with<trained_update>,  //
                                            caf::replies_to<evaluate_task>::with<evaluated_range>,
                                            caf::replies_to<measure_task>::with<measured_moments>,
                                            caf::reacts_to<returned_atom>>;

struct trainer_pool_options {
  /// Number of trainers, at least 1.
  std::uint32_t threads = 1;
  /// Test hook. If not 0, waiting training tasks are taken in a random order drawn from this seed,
  /// so that updates arrive in a different order than they were requested.
  std::uint64_t shuffle_seed = 0;
  /// A name that check_torch_device() accepts.
  std::string torch_device = "cpu";
};

/// Throws bad_input for 0 threads and for a `torch_device` that does not exist. Invalid data and
/// exceptions thrown by a dataset fail only the task.
trainer_pool_actor spawn_trainer_pool(caf::actor_system& system, const network& recipe,
                                      trainer_pool_options options);

}  // namespace verge
