#pragma once

#include <caf/all.hpp>

namespace verge {

/// While this lives, the process gives the system every second what its heap and its arena of bulk memory
/// (bulk_memory.hpp) hold free. For a server that runs for weeks: what many devices once needed at a time is no
/// memory of theirs for ever. Between two of them freed pages are used again; given back oftener, faulting them in
/// would show.
class memory_trimmer {
public:
  explicit memory_trimmer(caf::actor_system& system);
  ~memory_trimmer();
  memory_trimmer(const memory_trimmer&) = delete;
  memory_trimmer& operator=(const memory_trimmer&) = delete;

private:
  caf::actor_system& system_;
  caf::actor clock_;
};

}  // namespace verge
