#pragma once

#include "runtime/node/ticker.hpp"

namespace verge {

/// A server runs for weeks, and memory that many devices once needed at the same time must not stay
/// resident. While this object lives, the process returns the free memory of its heap and of its
/// arena of bulk memory (bulk_memory.hpp) to the system every second. Within a second freed pages
/// are reused, so trimming more often would cost page faults.
class memory_trimmer {
public:
  explicit memory_trimmer(caf::actor_system& system);

private:
  ticker ticker_;
};

}  // namespace verge
