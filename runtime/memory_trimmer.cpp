#include "memory_trimmer.hpp"

#include <chrono>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "verge/messages/bulk_memory.hpp"

namespace verge {

namespace {

constexpr std::chrono::seconds pause{1};

caf::behavior clock(caf::event_based_actor* self) {
  using tick_atom = caf::atom_constant<caf::atom("tick")>;
  self->delayed_send(self, pause, tick_atom::value);
  return {[=](tick_atom) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    give_back_free_bulk();
    self->delayed_send(self, pause, tick_atom::value);
  }};
}

}  // namespace

memory_trimmer::memory_trimmer(caf::actor_system& system)
    : system_(system), clock_(system.spawn<caf::hidden>(clock)) {}

memory_trimmer::~memory_trimmer() {
  caf::scoped_actor self{system_};
  self->send_exit(clock_, caf::exit_reason::user_shutdown);
  self->wait_for(clock_);
}

}  // namespace verge
