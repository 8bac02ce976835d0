// Role: one end of a link's codecs. Spawned by whoever holds that end (the server, or the host of
// devices). It ends with the last handle to it. It has one state and no timeouts, because it only
// computes. Its work on updates is in uplink.cpp, that on models in downlink.cpp.

#include "actors/link/compressor.hpp"

#include "actors/link/downlink.hpp"
#include "actors/link/uplink.hpp"

namespace verge {

namespace {

struct compressor_state {
  std::unique_ptr<uplink> up;
  std::unique_ptr<downlink> down;
  const char* name = "compressor";
};

compressor_actor::behavior_type behavior(compressor_actor::stateful_pointer<compressor_state> self,
                                         const manifest& layout, const link_codecs& codecs,
                                         const compressor_memory& memory) {
  auto& state = self->state;
  state.up = std::make_unique<uplink>(layout, codecs, memory.residuals);
  state.down = std::make_unique<downlink>(layout, codecs, memory.owed_down);
  return {
      [&state](const encode_update& m) { return state.up->encode(m); },
      [&state](const settle_update& m) { state.up->settle(m); },
      [&state](const decode_update& m) { return state.up->decode(m); },
      [&state](const encode_model& m) { return state.down->encode(m); },
      [&state](const encode_step& m) { return state.down->encode(m); },
      [&state](const decode_model& m) { return state.down->decode(m); },
      [&state](const forget_replica&) { state.down->forget_replica(); },
      [&state](checkpoint_atom) { return state.up->residuals(); },
  };
}

}  // namespace

void check_codecs(const manifest& layout, const link_codecs& codecs) {
  uplink{layout, codecs};
  downlink{layout, codecs};
}

compressor_actor spawn_compressor(caf::actor_system& system, const manifest& layout,
                                  const link_codecs& codecs, compressor_memory memory) {
  check_codecs(layout, codecs);
  return system.spawn(behavior, layout, codecs, std::move(memory));
}

}  // namespace verge
