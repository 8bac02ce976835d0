// The device of large_model_test, a process of its own. It takes part in a run that listens on a
// port of this host, with updates that need no training. At the end it prints its peak memory in
// MB.
//
//   large_model_device PORT

#include <fmt/format.h>

#include <cstdlib>

#include "actors/device/device.hpp"
#include "bench/peak_memory.hpp"
#include "runtime/node/node_system.hpp"
#include "support/idle_trainers.hpp"
#include "support/made_updates.hpp"
#include "support/noise_dataset.hpp"
#include "system/large_model.hpp"

using namespace verge;
using namespace verge::test;

int main(int count, char** words) {
  if (count != 2) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(words[1]));
  const auto layout = large_model::layout();
  node_system system{1, std::nullopt, {}};
  const auto gate = system.connect({"127.0.0.1", port});
  if (!gate) return 1;
  caf::scoped_actor self{system.actors()};
  session_actor session;
  self->request(*gate, caf::infinite, seal(hello{protocol_version, "large"}))
      .receive([&](const sealed<invitation>&, const session_actor& s) { session = s; },
               [](const caf::error&) {});
  if (!session) return 1;
  self->request(session, caf::infinite, seal(proof{{}, device_id{0}}))
      .receive([](const sealed<admission>&) {}, [](const caf::error&) {});
  auto host = std::make_shared<device_host>();
  host->run = 1;
  host->layout = layout;
  host->manifest_hash = layout.hash();
  host->server = exchange_actor{session};
  host->compressors = {spawn_compressor(system.actors(), layout)};
  host->trainers = spawn_idle_trainers(system.actors(), layout, 1, [](flat_buffer& update) {
    large_model::fill(update, large_model::update_value);
  });
  const auto trainers = host->trainers;
  const auto shard = std::make_shared<noise_dataset>(4, sample_shape{1, 1, 1});
  const auto device = spawn_device(system.actors(), host, membership_actor{session},
                                   local_data::of_device(1, device_id{0}, shard, {}));
  self->wait_for(device);
  caf::anon_send_exit(trainers, caf::exit_reason::user_shutdown);
  fmt::print("{}\n", bench::peak_memory() / 1'000'000);
}
