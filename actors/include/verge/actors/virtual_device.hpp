#pragma once

#include "verge/actors/device.hpp"

namespace verge {

/// Spawns a device as an actor of this process; it joins the run at once.
device_actor spawn_virtual_device(caf::actor_system& system,
                                  std::shared_ptr<const device_host> host,
                                  membership_actor coordinator, local_data_ptr data);

}  // namespace verge
