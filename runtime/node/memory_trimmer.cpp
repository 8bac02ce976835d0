#include "runtime/node/memory_trimmer.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "messages/bulk_memory.hpp"

namespace verge {

namespace {

constexpr std::chrono::seconds pause{1};

void trim() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  give_back_free_bulk();
}

}  // namespace

memory_trimmer::memory_trimmer(caf::actor_system& system) : ticker_(system, pause, trim) {}

}  // namespace verge
