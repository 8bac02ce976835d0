#include "link_memory.hpp"

#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <chrono>
#include <vector>

namespace verge {

namespace {

using namespace caf::io;

/// About as long as a device's download takes where nothing else goes on.
constexpr std::chrono::milliseconds pause{50};
/// What small messages need; not worth a call.
constexpr std::size_t left_alone = 64 << 10;

/// Whether there was anything.
bool give_back_unused(std::vector<char>& buffer) {
  if (buffer.capacity() <= left_alone || buffer.capacity() / 2 <= buffer.size()) return false;
  buffer.shrink_to_fit();
  return true;
}

/// In the thread that the broker's sockets are served by, between two of its events: nobody else looks at the buffers.
void give_back_unused(basp_broker& broker) {
  for (const auto& connection : broker.connections()) {
    // The read buffer can only be had from a connection that is taken out of the broker.
    auto scribe = broker.take(connection);
    if (!scribe) continue;
    give_back_unused(scribe->rd_buf());
    const bool had_room = give_back_unused(scribe->wr_buf());
    scribe->set_parent(nullptr);
    broker.add_scribe(std::move(scribe));
    if (!had_room) continue;
    // A connection has two buffers to write from, in turn: one more message, and the other one can be had.
    broker.instance.write_heartbeat(&broker.parent().backend(), broker.get_buffer(connection));
    broker.flush(connection);
  }
}

caf::behavior clock(caf::event_based_actor* self, const caf::actor& basp) {
  using tick_atom = caf::atom_constant<caf::atom("tick")>;
  self->delayed_send(self, pause, tick_atom::value);
  return {[=](tick_atom) {
    self->home_system().middleman().run_later([basp] {
      give_back_unused(*static_cast<basp_broker*>(caf::actor_cast<caf::abstract_actor*>(basp)));
    });
    self->delayed_send(self, pause, tick_atom::value);
  }};
}

}  // namespace

link_memory_keeper::link_memory_keeper(caf::actor_system& system)
    : system_(system),
      clock_(system.spawn<caf::hidden>(
          clock, system.middleman().named_broker<basp_broker>(caf::atom("BASP")))) {}

link_memory_keeper::~link_memory_keeper() {
  // Nobody waits for a hidden actor, and one more tick must not find a middleman that has been stopped.
  caf::scoped_actor self{system_};
  self->send_exit(clock_, caf::exit_reason::user_shutdown);
  self->wait_for(clock_);
}

}  // namespace verge
