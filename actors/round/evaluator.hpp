#pragma once

#include <caf/all.hpp>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/server/server.hpp"
#include "actors/training/training_events.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/actors/round_listener.hpp"
#include "verge/actors/trainer_pool.hpp"
#include "verge/model/batch_norm.hpp"

namespace verge {

/// Coordinator to evaluator: evaluate this version.
struct evaluation_due {
  round_id round;
  model_version version;
  double epoch = 0.0;
};

/// Evaluator to coordinator: a version could not be evaluated.
struct evaluation_failed {
  round_id round;
  std::string reason;
};

/// The devices whose statistics are local, in the order of their numbers.
struct statistics_lenders {
  std::vector<hosted_device_actor> devices;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::statistics_lenders)

namespace verge {

/// Evaluates committed versions on the test set while later rounds train.
///
///   hears                from          does                             answers
///   evaluation_due       coordinator   queues a snapshot of the model   done, once it is taken
///   drain                coordinator   -                                done, once idle
///   statistics           coordinator   -                                running_statistics (below)
///   statistics_lenders   its spawner   knows the devices from now on    -
///
/// It sends the coordinator an evaluation_result or evaluation_failed for each version. It holds at
/// most two versions of the model: while one is evaluated and one waits, the next snapshot is taken
/// later.
///
/// If the model has batch norm and its statistics are not shared, the evaluator gets them first
/// (docs/batch_norm.md). Either it measures them on the calibration samples, and answers
/// `statistics` with those of the last version that it measured. Or the devices lend theirs, and
/// each device's statistics are used for its share of the test set.
using evaluator_actor = caf::typed_actor<
    caf::replies_to<evaluation_due>::with<done_atom>, caf::replies_to<drain_atom>::with<done_atom>,
    caf::replies_to<statistics_atom>::with<running_statistics>, caf::reacts_to<statistics_lenders>>;

/// The actor that asked for an evaluation receives its result.
using evaluation_listener =
    caf::typed_actor<caf::reacts_to<evaluation_result>, caf::reacts_to<evaluation_failed>>;

struct evaluator_options {
  std::uint64_t run = 0;
  manifest layout;
  dataset_ptr test;
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// Only for `recalibrate`: all tensors of the network, and the server's calibration samples, at
  /// least one.
  manifest tensors = manifest{};
  dataset_ptr calibration = nullptr;
};

evaluator_actor spawn_evaluator(caf::actor_system& system, evaluator_options options,
                                server_actor server, trainer_pool_actor pool);

}  // namespace verge
