#pragma once

#include "runtime/node/ticker.hpp"

namespace verge {

/// CAF keeps three buffers for every connection, each as large as the largest message that ever
/// went through it. With 500 devices and blocks of 1 MiB that is more than a gigabyte, for the life
/// of the connections. While this object lives, it frees the unused part of these buffers several
/// times per second, so that memory follows the bytes in flight.
class link_memory_keeper {
public:
  /// `system` must have its middleman loaded, and must outlive this object.
  explicit link_memory_keeper(caf::actor_system& system);

private:
  ticker ticker_;
};

}  // namespace verge
