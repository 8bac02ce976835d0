#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

#include "verge/actors/atoms.hpp"
#include "verge/model/network.hpp"

namespace verge {

// training_events.hpp has them.
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
/// Training goes first. A task past its deadline is answered without being begun; an exception of a
/// trainer is answered as a failure. Updates that have been made and not yet let go of are bounded,
/// so devices that train faster than the server adds wait here, without memory. The bound is made
/// for one run at a time; several runs may use a pool one after the other. The pool ends with its
/// last handle.
using trainer_pool_actor = caf::typed_actor<caf::replies_to<train_task>::with<trained_update>,  //
                                            caf::replies_to<evaluate_task>::with<evaluated_range>,
                                            caf::replies_to<measure_task>::with<measured_moments>,
                                            caf::reacts_to<returned_atom>>;

struct trainer_pool_options {
  /// Trainers, at least 1.
  std::uint32_t threads = 1;
  /// Test hook: not 0 = take waiting training tasks in a random order drawn from this seed, so that
  /// updates arrive in another order than they were asked for.
  std::uint64_t shuffle_seed = 0;
  /// As check_torch_device() takes it.
  std::string torch_device = "cpu";
};

/// Throws bad_input for 0 threads and for a `torch_device` that is not there. Wrong data, and what a dataset throws when
/// it is read, fail the task.
trainer_pool_actor spawn_trainer_pool(caf::actor_system& system, const network& recipe,
                                      trainer_pool_options options);

}  // namespace verge
