#pragma once

#include "runtime/node/ticker.hpp"

namespace verge {

/// CAF keeps three buffers for every connection, each as large as the largest message that ever went through it; with
/// 500 devices and blocks of a MiB that is more than a gigabyte, for ever. While this lives, what is not in use of them
/// is given back several times a second, so that memory follows what is on its way.
class link_memory_keeper {
public:
  /// `system` has its middleman loaded, and outlives this.
  explicit link_memory_keeper(caf::actor_system& system);

private:
  ticker ticker_;
};

}  // namespace verge
