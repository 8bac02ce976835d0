#pragma once

#include <optional>

#include "model/codecs/residual.hpp"
#include "verge/messages/ids.hpp"

namespace verge {

/// Storage in which the residuals of devices outlive their process. A residual is saved each time
/// an update has been prepared, before any of it is sent. What became of an update is not saved:
/// the server says that when the device joins again (welcome::last_used), and an update that it
/// does not name as used was not used.
class residual_store {
public:
  virtual ~residual_store() = default;

  /// Returns what was saved last, or nullopt if nothing ever was. Throws bad_input if it cannot be
  /// read.
  virtual std::optional<residual_state> load(device_id device) = 0;
  /// Throws run_failure if it cannot be saved. What was saved before is then still there.
  virtual void save(device_id device, const residual_state& state) = 0;
};

}  // namespace verge
