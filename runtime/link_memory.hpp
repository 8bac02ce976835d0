#pragma once

#include <caf/all.hpp>

namespace verge {

/// CAF keeps three buffers for every connection, each as large as the largest message that ever went through it; with
/// 500 devices and blocks of a MiB that is more than a gigabyte, for ever. While this lives, what is not in use of them
/// is given back several times a second, so that memory follows what is on its way.
class link_memory_keeper {
public:
  /// `system` has its middleman loaded, and outlives this.
  explicit link_memory_keeper(caf::actor_system& system);
  ~link_memory_keeper();
  link_memory_keeper(const link_memory_keeper&) = delete;
  link_memory_keeper& operator=(const link_memory_keeper&) = delete;

private:
  caf::actor_system& system_;
  caf::actor clock_;
};

}  // namespace verge
