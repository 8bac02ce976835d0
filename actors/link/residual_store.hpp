#pragma once

#include <optional>

#include "model/codecs/residual.hpp"
#include "verge/messages/ids.hpp"

namespace verge {

/// Where the residuals of devices outlive their process. A residual is saved each time an update has been
/// prepared, before any of it is sent. What became of an update is not saved: the server says that when the device
/// joins again (welcome::last_used), and an update that is not said to be used was not.
class residual_store {
public:
  virtual ~residual_store() = default;

  /// As it was saved last; nothing when it never was. Throws bad_input when it cannot be read.
  virtual std::optional<residual_state> load(device_id device) = 0;
  /// Throws run_failure; what was saved before is then still there.
  virtual void save(device_id device, const residual_state& state) = 0;
};

}  // namespace verge
