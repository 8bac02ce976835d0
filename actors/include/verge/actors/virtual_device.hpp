#pragma once

#include "verge/actors/device.hpp"
#include "verge/actors/device_memory.hpp"

namespace verge {

/// A device in this process can be asked for what it keeps to itself in a process of its own: the running statistics
/// of its batch norm, where these are local (device_host::initial_statistics).
///
///   hears        from        answers
///   statistics   evaluator   running_statistics
using virtual_device_actor =
    device_actor::extend<caf::replies_to<statistics_atom>::with<running_statistics>>;

/// Spawns a device as an actor of this process; it joins the run at once. `memory`: that of an earlier actor of the
/// device, to go on with; null: it begins with none.
virtual_device_actor spawn_virtual_device(caf::actor_system& system,
                                          std::shared_ptr<const device_host> host,
                                          membership_actor coordinator, local_data_ptr data,
                                          std::shared_ptr<device_memory> memory = nullptr);

}  // namespace verge
