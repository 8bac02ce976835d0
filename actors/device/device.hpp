#pragma once

#include "actors/device/device_host.hpp"
#include "actors/device/device_memory.hpp"
#include "actors/training/training_events.hpp"

namespace verge {

/// A device in this process can be asked for state that it would keep to itself in a process of its
/// own.
///
///   hears        from            answers
///   statistics   evaluator       running_statistics of its batch norm, if local (device_host)
///   checkpoint   device_states   unsettled_state, empty if it keeps none
using hosted_device_actor =
    device_actor::extend<caf::replies_to<statistics_atom>::with<running_statistics>,
                         caf::replies_to<checkpoint_atom>::with<unsettled_state>>;

/// Spawns a device as an actor of this process, which joins the run at once. `memory`: the memory
/// of an earlier actor of the device, which the new one continues. Null: a device that keeps a
/// memory reads it from device_host::memories or begins with a new one.
hosted_device_actor spawn_device(caf::actor_system& system, std::shared_ptr<const device_host> host,
                                 membership_actor coordinator, local_data_ptr data,
                                 std::shared_ptr<device_memory> memory = nullptr);

}  // namespace verge
