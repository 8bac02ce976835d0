// Role: the model and the sum of the open round. Spawned by whoever starts a run. It is linked to
// its aggregators and monitored by the coordinator.
//
//              begin_round                     commit_round
//   idle(v) ----------------> collecting(v) ------------------------> committing(v)
//      ^                        | model_request, download_ended,         | mean, rule,
//      |                        | upload_request, update_block           | codec down, check
//      +------------------------------------------------------------- idle(v + 1)
//
// It has two halves. intake knows devices and no rule: desks, checks, sums, bytes. model_keeper
// knows the model and no device: rule, codec down, versions. This actor hands the mean of one to
// the other.
//
// On timeout: it has none of its own; the coordinator's deadline closes the round.
// On down: an aggregator that ends takes the server with it, and the coordinator fails the run.
// On a late message: the answer names the round that is open, and the message leaves no trace.

#include "actors/server/server.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "actors/server/intake.hpp"
#include "actors/server/model_keeper.hpp"

namespace verge {

namespace {

using commit_promise = caf::typed_response_promise<committed_round>;
using begin_promise = caf::typed_response_promise<model_version>;

struct server_state {
  using pointer = server_actor::stateful_pointer<server_state>;

  explicit server_state(pointer me) : self(me) {}

  void init(const server_options& options, const compressor_actor& compressor) {
    keeper = std::make_unique<model_keeper>(self, options, compressor);
    devices = std::make_unique<intake>(self, options, compressor, keeper->shelf());
  }

  begin_promise on_begin(const begin_round& m) {
    // The promise takes the sender out of the message.
    devices->open(m, caf::actor_cast<update_listener>(self->current_sender()));
    auto promise = self->make_response_promise<begin_promise>();
    keeper->when_published([this, promise]() mutable { promise.deliver(keeper->version()); });
    return promise;
  }

  commit_promise on_commit(round_id round) {
    auto promise = self->make_response_promise<commit_promise>();
    if (!devices->has_updates_of(round)) {
      promise.deliver(failed(fmt::format("round {} has nothing to commit", round.value)));
      return promise;
    }
    devices->close();
    devices->take_mean([this, round, promise](flat_buffer mean) {
      keeper->move(round, devices->facts(), std::move(mean), devices->moments(),
                   [this, promise](const std::string& failure) mutable {
                     promise.deliver(failure.empty()
                                         ? devices->report(keeper->version(), devices->counted())
                                         : failed(failure));
                   });
    });
    return promise;
  }

  committed_round on_abandon() {
    devices->close();
    return devices->report(keeper->version(), {});
  }

  static committed_round failed(std::string why) { return {{}, {}, 0, 0, {}, std::move(why)}; }

  pointer self;
  std::unique_ptr<model_keeper> keeper;
  std::unique_ptr<intake> devices;
  const char* name = "server";
};

server_actor::behavior_type behavior(server_state::pointer self, const server_options& options,
                                     const compressor_actor& compressor) {
  auto& state = self->state;
  state.init(options, compressor);
  return {
      [&state](const begin_round& m) { return state.on_begin(m); },
      [&state](const sealed<model_request>& m) { return state.devices->on_model_request(m); },
      [&state](const sealed<download_ended>& m) { state.devices->on_download_ended(m); },
      [&state](const sealed<upload_request>& m) { return state.devices->on_upload_request(m); },
      [&state](const sealed<update_block>& m) { return state.devices->on_update_block(m); },
      [&state](const forget_device& m) { state.devices->forget(m.device); },
      [&state](commit_round m) { return state.on_commit(m.round); },
      [&state](const abandon_round&) { return state.on_abandon(); },
      [&state](snapshot_atom) { return state.keeper->snapshot(); },
      [&state](checkpoint_atom) { return state.keeper->checkpoint(); },
  };
}

}  // namespace

server_actor spawn_server(caf::actor_system& system, server_options options,
                          compressor_actor compressor) {
  return system.spawn(behavior, std::move(options), std::move(compressor));
}

}  // namespace verge
