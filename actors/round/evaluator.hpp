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

/// Coordinator to evaluator: this version is to be evaluated.
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

/// The devices, by number, whose statistics are local.
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
///   hears                from          does                                         answers
///   evaluation_due       coordinator   takes a snapshot of the model and queues it  done, when taken
///   drain                coordinator   -                                            done, when idle
///   statistics           coordinator   -                                            running_statistics, see below
///   statistics_lenders   who spawned   knows the devices from now on                -
///
/// and sends the coordinator an evaluation_result or evaluation_failed for each. Holds at most two
/// versions of the model: with one being evaluated and one waiting, the next is taken later.
///
/// Where the model has batch norm and its statistics are not shared, they are got first (docs/batch_norm.md):
/// measured on the calibration samples, and `statistics` is answered with those of the last version; or lent by the
/// devices, of which each answers for its share of the test set.
using evaluator_actor = caf::typed_actor<
    caf::replies_to<evaluation_due>::with<done_atom>, caf::replies_to<drain_atom>::with<done_atom>,
    caf::replies_to<statistics_atom>::with<running_statistics>, caf::reacts_to<statistics_lenders>>;

/// Who says that an evaluation is due hears what it came to.
using evaluation_listener =
    caf::typed_actor<caf::reacts_to<evaluation_result>, caf::reacts_to<evaluation_failed>>;

struct evaluator_options {
  std::uint64_t run = 0;
  manifest layout;
  dataset_ptr test;
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// Of `recalibrate`: all tensors of the network, and the server's samples, of which there are some.
  manifest tensors = manifest{};
  dataset_ptr calibration = nullptr;
};

evaluator_actor spawn_evaluator(caf::actor_system& system, evaluator_options options,
                                server_actor server, trainer_pool_actor pool);

}  // namespace verge
