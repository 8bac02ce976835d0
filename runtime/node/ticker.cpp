#include "runtime/node/ticker.hpp"

#include <utility>

namespace verge {

namespace {

caf::behavior clock(caf::event_based_actor* self, std::chrono::milliseconds pause,
                    const std::function<void()>& tick) {
  using tick_atom = caf::atom_constant<caf::atom("tick")>;
  self->delayed_send(self, pause, tick_atom::value);
  return {[self, pause, tick](tick_atom) {
    tick();
    self->delayed_send(self, pause, tick_atom::value);
  }};
}

}  // namespace

ticker::ticker(caf::actor_system& system, std::chrono::milliseconds pause,
               std::function<void()> tick)
    : system_(system), clock_(system.spawn<caf::hidden>(clock, pause, std::move(tick))) {}

ticker::~ticker() {
  // An actor system does not wait for hidden actors, and one more tick must not use what is
  // destroyed after this.
  caf::scoped_actor self{system_};
  self->send_exit(clock_, caf::exit_reason::user_shutdown);
  self->wait_for(clock_);
}

}  // namespace verge
