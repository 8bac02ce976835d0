#include "runtime/node/link_memory.hpp"

#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <chrono>
#include <vector>

namespace verge {

namespace {

using namespace caf::io;

/// About the time of a device's download on an idle server.
constexpr std::chrono::milliseconds pause{50};
/// Buffers of this size, which small messages need, are not worth a call.
constexpr std::size_t left_alone = 64 << 10;

/// Returns whether the buffer had unused memory to give back.
bool give_back_unused(std::vector<char>& buffer) {
  if (buffer.capacity() <= left_alone || buffer.capacity() / 2 <= buffer.size()) return false;
  buffer.shrink_to_fit();
  return true;
}

/// Must run on the thread that serves the broker's sockets, between two of its events. Then nothing
/// else uses the buffers.
void give_back_unused(basp_broker& broker) {
  for (const auto& connection : broker.connections()) {
    // Only a connection that is taken out of the broker gives access to its read buffer.
    auto scribe = broker.take(connection);
    if (!scribe) continue;
    give_back_unused(scribe->rd_buf());
    const bool had_room = give_back_unused(scribe->wr_buf());
    scribe->set_parent(nullptr);
    broker.add_scribe(std::move(scribe));
    if (!had_room) continue;
    // A connection writes from two buffers in turn. After one more message the other one is
    // accessible.
    broker.instance.write_heartbeat(&broker.parent().backend(), broker.get_buffer(connection));
    broker.flush(connection);
  }
}

/// Returns a function that runs give_back_unused() on the thread of the broker's sockets.
std::function<void()> give_back_later(caf::actor_system& system) {
  const auto basp = system.middleman().named_broker<basp_broker>(caf::atom("BASP"));
  return [&system, basp] {
    system.middleman().run_later([basp] {
      give_back_unused(*static_cast<basp_broker*>(caf::actor_cast<caf::abstract_actor*>(basp)));
    });
  };
}

}  // namespace

link_memory_keeper::link_memory_keeper(caf::actor_system& system)
    : ticker_(system, pause, give_back_later(system)) {}

}  // namespace verge
