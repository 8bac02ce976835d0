#pragma once

#include <caf/all.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/link/compressor.hpp"

namespace verge {

/// What the devices of this process keep from round to round, in the order of their numbers. Only
/// devices that have a residual are in `residuals`.
struct device_states {
  std::vector<std::pair<device_id, residual_state>> residuals;
  std::vector<std::pair<device_id, unsettled_state>> memories;
};

/// Asks the devices and their compressors for device_states.
using device_states_actor = caf::typed_actor<caf::replies_to<checkpoint_atom>::with<device_states>>;

/// The devices of a run in the order of their numbers, sent once they have been spawned.
struct remembering_devices {
  std::vector<hosted_device_actor> all;
};

/// Gathers what the devices of this process keep.
///
///   hears                 from          answers
///   checkpoint            coordinator   device_states, once the devices are known
///   remembering_devices   its spawner   -
using device_states_gatherer = device_states_actor::extend<caf::reacts_to<remembering_devices>>;

/// `compressors`: the compressors at the devices' ends of the links.
device_states_gatherer spawn_device_states(caf::actor_system& system,
                                           std::vector<compressor_actor> compressors);

/// The device states of a checkpoint, for devices that resume from it. Each state is handed out
/// once and is not kept here, because the next checkpoint asks the devices. Thread-safe.
struct resumed_devices {
  std::shared_ptr<residual_store> residuals;
  std::shared_ptr<device_memory_store> memories;
};
resumed_devices resume_devices(device_states states);

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_states)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::remembering_devices)
