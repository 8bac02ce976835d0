#pragma once

#include "runtime/node/ticker.hpp"

namespace verge {

/// While this lives, the process gives the system every second what its heap and its arena of bulk memory
/// (bulk_memory.hpp) hold free. For a server that runs for weeks: what many devices once needed at a time does
/// not stay resident for ever. Within a second freed pages are used again; trimming more often would show as page
/// faults.
class memory_trimmer {
public:
  explicit memory_trimmer(caf::actor_system& system);

private:
  ticker ticker_;
};

}  // namespace verge
