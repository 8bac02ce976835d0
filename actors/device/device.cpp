// Role: one device of a run. Spawned by whoever holds its shard. It monitors the coordinator, and
// ends when the coordinator says so or is gone.
//
//   idle -- open_round --> fetching -- all blocks --> training -- update --> encoding
//     ^                                                                         |
//     |                                                                         v
//     +-- last block acknowledged, or anything failed -- sending <-- grant -- asking
//
// On timeout: past the round's deadline the device drops the round silently, because the
// coordinator's own deadline has closed it. It does wait for what it saves to a disk: no step of
// the round may follow before that is safe.
// On down of the coordinator: the device ends.
// On a late answer: the answer belongs to a task that is no longer the present one, and is dropped.

#include "actors/device/device.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "actors/link/download_limits.hpp"
#include "actors/support/moving_deadline.hpp"
#include "actors/training/training_events.hpp"
#include "messages/kill_point.hpp"
#include "model/aggregation/moment_pool.hpp"
#include "model/learning/control_variate.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

using deadline_atom = caf::atom_constant<caf::atom("deadline")>;

/// The round that the device is busy with. It exists only for that time, so an idle device is
/// small.
struct round_task {
  open_round order;
  std::vector<model_block> model;
  std::uint32_t next_fetch = 0;
  std::uint32_t missing = 0;
  training_outcome outcome;
  /// The memory in which the update was trained. It is held until the upload is granted, even if
  /// the encoded form is elsewhere. Trainers without memory for updates then wait, so encoded
  /// updates do not pile up here.
  std::shared_ptr<const void> room;
  encoded_update encoded;
  std::uint32_t next_send = 0;
  clock_type::time_point until;
};

struct device_state {
  using private_actor = hosted_device_actor::extend<caf::reacts_to<deadline_atom>>;
  using pointer = private_actor::stateful_pointer<device_state>;

  explicit device_state(pointer me) : self(me) {}

  void init(std::shared_ptr<const device_host> h, membership_actor c, local_data_ptr d,
            std::shared_ptr<device_memory> m) {
    host = std::move(h);
    coordinator = std::move(c);
    data = std::move(d);
    memory = std::move(m);
    if (!memory && host->keeps_memory())
      memory = std::make_shared<device_memory>(
          data->device(), own_state{host->initial_statistics, {}}, host->memories);
    compressor = host->compressors[data->device().value % host->compressors.size()];
    self->monitor(coordinator);
    self->set_down_handler([this](const caf::down_msg&) { self->quit(); });
    const join hello{protocol_version, host->manifest_hash, data->device(), data->size(),
                     known_codec_stages()};
    self->request(coordinator, caf::infinite, seal(hello), device_actor{self})
        .then([this](const sealed<welcome>& sealed_answer) {
          kill_point("welcome");
          const auto answer = unseal(sealed_answer);
          const auto why = answer ? answer->refused_because : answer.reason();
          tell({why.empty() ? news::joined : news::not_taken, {}, {}, why});
          if (!why.empty()) return self->quit();
          // The outcome of that round may not have reached the device.
          if (answer->last_used.value > 0) settle(answer->last_used, update_fate::used);
          is_member = true;
          if (early) on_open_round(*std::exchange(early, std::nullopt));
        });
  }

  using news = device_news::kind;

  void tell(const device_news& m) {
    if (host->listener) self->send(host->listener, m);
  }

  // -- 1. asked -----------------------------------------------------------------------------------

  void on_open_round(const sealed<open_round>& m) {
    // An order may overtake the welcome. The welcome has to come first, because it says what became
    // of the last update.
    if (!is_member) {
      early = m;
      return;
    }
    const auto order = unseal(m);
    if (!order) return give_up({}, order.reason());
    kill_point("asked");
    tell({news::asked, order->round, {}, {}});
    task = std::make_shared<round_task>();
    task->order = *order;
    task->until = clock_type::now() + order->deadline;
    deadline.set(self, order->deadline);
    if (!host->downloads_steps) {
      expect_blocks(*task, host->layout.block_count());
      return fetch_window(task);
    }
    if (holds == order->version) return decode(task);
    // The first block says how many there are.
    expect_blocks(*task, 1);
    fetch_next(task);
  }

  static void expect_blocks(round_task& mine, std::uint32_t count) {
    const auto had = static_cast<std::uint32_t>(mine.model.size());
    mine.model.resize(count);
    mine.missing += count - had;
  }

  /// A request to another actor. Its answer is dropped if the device has moved on to another round,
  /// and its error makes the device give up the round. The round's deadline is its timeout.
  template <class Answer, class Handle, class Message, class Then>
  void ask(const std::shared_ptr<round_task>& mine, const Handle& whom, Message&& message,
           Then then) {
    self->request(whom, caf::infinite, std::forward<Message>(message))
        .then(
            [this, mine, then](Answer& answer) {
              if (mine == task) then(answer);
            },
            [this, mine](const caf::error& e) {
              if (mine == task) give_up(mine->order.round, self->home_system().render(e));
            });
  }

  // -- 2. fetch the model -------------------------------------------------------------------------

  void fetch_window(const std::shared_ptr<round_task>& mine) {
    for (std::uint32_t i = 0; i < most_blocks_asked_for; ++i) fetch_next(mine);
  }

  void fetch_next(const std::shared_ptr<round_task>& mine) {
    if (mine->next_fetch == mine->model.size()) return;
    const model_request request{mine->order.round, data->device(), mine->order.version,
                                block_index{mine->next_fetch++}, holds};
    ask<sealed<model_block>>(
        mine, host->server, seal(request),
        [this, mine](const sealed<model_block>& m) { on_model_block(mine, m); });
  }

  void on_model_block(const std::shared_ptr<round_task>& mine, const sealed<model_block>& m) {
    kill_point("block downloaded");
    auto block = unseal(m);
    if (!block) return give_up(mine->order.round, block.reason());
    if (!block->refused_because.empty()) return give_up(mine->order.round, block->refused_because);
    const bool first_of_steps = host->downloads_steps && mine->next_fetch == 1;
    if (first_of_steps) {
      const auto count = block->blocks > 0 ? block->blocks : host->layout.block_count();
      if (const auto most = most_blocks_of_download(host->layout); count > most)
        return give_up(mine->order.round,
                       fmt::format("the server announces a download of {} blocks; at most {} make "
                                   "sense",
                                   count, most));
      expect_blocks(*mine, count);
    }
    const auto index = block->block.value;
    const bool whole = !host->downloads_steps || block->codec == codec_none;
    if (index >= mine->model.size() || !mine->model[index].codec.empty() ||
        block->version > mine->order.version || (whole && block->version != mine->order.version))
      return give_up(mine->order.round,
                     fmt::format("the server sent block {} of version {}; asked for was version {}",
                                 index, block->version.value, mine->order.version.value));
    mine->model[index] = std::move(*block);
    if (--mine->missing == 0) {
      end_download(*mine);
      decode(mine);
    } else if (first_of_steps) {
      fetch_window(mine);
    } else {
      fetch_next(mine);
    }
  }

  /// Lets the next device download.
  void end_download(const round_task& mine) {
    self->send(host->server, seal(download_ended{mine.order.round, data->device()}));
  }

  void decode(const std::shared_ptr<round_task>& mine) {
    ask<decoded_model>(mine, compressor,
                       decode_model{mine->order.version, holds, std::move(mine->model)},
                       [this, mine](const decoded_model& model) { on_model(mine, model); });
  }

  // -- 3. train -----------------------------------------------------------------------------------

  void on_model(const std::shared_ptr<round_task>& mine, const decoded_model& model) {
    if (!model.refused_because.empty()) {
      if (!model.superseded) holds.reset();  // the next download is a whole model
      return give_up(mine->order.round, model.refused_because);
    }
    holds = mine->order.version;
    kill_point("model decoded");
    ask<trained_update>(
        mine, host->trainers,
        train_task{host->run, mine->order.version, model.model, mine->order.round, mine->order.work,
                   data, memory ? memory->own().control : flat_buffer{}, mine->until},
        [this, mine](trained_update& made) { on_trained(mine, made); });
  }

  // -- 4. compress --------------------------------------------------------------------------------

  void on_trained(const std::shared_ptr<round_task>& mine, trained_update& made) {
    if (!made.failure.empty()) return give_up(mine->order.round, made.failure);
    kill_point("trained");
    mine->outcome = made.outcome;
    mine->room = made.update.memory();
    if (const auto why = prepare_memory(mine->order.round, made); !why.empty())
      return give_up(mine->order.round, why, true);
    if (host->layout.statistic_count() == 0) made.moments = {};  // nobody else's business
    ask<encoded_update>(mine, compressor,
                        encode_update{mine->order.round, data->device(), std::move(made.update),
                                      std::move(made.moments)},
                        [this, mine](encoded_update& encoded) { on_encoded(mine, encoded); });
  }

  // -- 5. upload ----------------------------------------------------------------------------------

  void on_encoded(const std::shared_ptr<round_task>& mine, encoded_update& encoded) {
    if (!encoded.failure.empty()) return give_up(mine->order.round, encoded.failure, true);
    kill_point("encoded");
    mine->encoded = std::move(encoded);
    const upload_request offer{
        mine->order.round,           data->device(),
        mine->outcome.samples,       mine->outcome.steps,
        mine->outcome.loss,          static_cast<std::uint32_t>(mine->encoded.blocks.size()),
        mine->encoded.payload_bytes, mine->outcome.compute};
    ask<sealed<upload_grant>>(mine, host->server, seal(offer),
                              [this, mine](const sealed<upload_grant>& m) { on_grant(mine, m); });
  }

  void on_grant(const std::shared_ptr<round_task>& mine, const sealed<upload_grant>& m) {
    const auto grant = unseal(m);
    if (!grant || !grant->refused_because.empty()) return be_done();
    kill_point("granted");
    mine->room.reset();
    for (std::uint32_t i = 0; i < host->upload_window; ++i) send_next(mine);
  }

  void send_next(const std::shared_ptr<round_task>& mine) {
    if (mine->next_send == mine->encoded.blocks.size()) return;
    // Moved out, because the device keeps nothing of what it has sent.
    auto block = std::move(mine->encoded.blocks[mine->next_send++]);
    ask<sealed<block_ack>>(mine, host->server, std::move(block),
                           [this, mine](const sealed<block_ack>& m) { on_block_ack(mine, m); });
    kill_point("block sent");
  }

  void on_block_ack(const std::shared_ptr<round_task>& mine, const sealed<block_ack>& m) {
    kill_point("block acknowledged");
    const auto ack = unseal(m);
    if (!ack || ack->counted || !ack->refused_because.empty()) return be_done();
    send_next(mine);
  }

  // -- the end of a round -------------------------------------------------------------------------

  void be_done() {
    task.reset();
    deadline.clear();
  }

  void on_deadline() {
    if (deadline.on_message(self)) be_done();
  }

  void give_up(round_id round, const std::string& reason, bool unusable = false) {
    // Too late to matter and not a failure, for example when no trainer was free in time.
    if (task && clock_type::now() > task->until) return be_done();
    if (task && task->missing > 0) end_download(*task);
    self->send(coordinator, seal(work_failed{round, data->device(), reason, unusable}));
    tell({news::gave_up, round, update_fate::lost, reason});
    be_done();
  }

  void on_outcome(const sealed<round_outcome>& m) {
    const auto outcome = unseal(m);
    if (!outcome) return;
    kill_point("outcome heard");
    if (task && task->order.round == outcome->round) be_done();
    settle(outcome->round, outcome->fate);
    tell({news::outcome, outcome->round, outcome->fate, outcome->reason});
  }

  void settle(round_id round, update_fate fate) {
    self->send(compressor, settle_update{round, data->device(), fate});
    if (memory) memory->settle(round, fate == update_fate::used);
  }

  /// Why the memory cannot be saved; empty if it is.
  std::string prepare_memory(round_id round, const trained_update& made) {
    if (!memory) return {};
    own_state next;
    if (const auto& before = memory->own().statistics; !before.empty()) {
      next.statistics = before.clone();
      move_towards(next.statistics, made.moments, made.outcome.steps);
    }
    if (host->has_controls) next.control = changed_control(memory->own().control, made.update);
    try {
      memory->prepare(round, std::move(next));
    } catch (const run_failure& e) {
      return e.what();
    }
    return {};
  }

  void on_run_over(const sealed<run_over>& m) {
    const auto end = unseal(m);
    tell({news::run_over, {}, {}, end ? end->failure : end.reason(), !end || end->is_unfinished});
    self->quit();
  }

  pointer self;
  std::shared_ptr<const device_host> host;
  membership_actor coordinator;
  local_data_ptr data;
  compressor_actor compressor;
  /// Null if the device keeps no state.
  std::shared_ptr<device_memory> memory;
  /// The version of the model that the device has, used if the server sends steps.
  std::optional<model_version> holds;
  std::shared_ptr<round_task> task;
  bool is_member = false;
  /// An order that came before the welcome.
  std::optional<sealed<open_round>> early;
  moving_deadline<deadline_atom> deadline;
  const char* name = "device";
};

device_state::private_actor::behavior_type behavior(device_state::pointer self,
                                                    const std::shared_ptr<const device_host>& host,
                                                    const membership_actor& coordinator,
                                                    const local_data_ptr& data,
                                                    const std::shared_ptr<device_memory>& memory) {
  auto& state = self->state;
  state.init(host, coordinator, data, memory);
  return {
      [&state](const sealed<open_round>& m) { state.on_open_round(m); },
      [&state](const sealed<round_outcome>& m) { state.on_outcome(m); },
      [&state](const sealed<run_over>& m) { state.on_run_over(m); },
      [&state](statistics_atom) {
        return running_statistics{{},
                                  state.memory ? state.memory->own().statistics : flat_buffer{}};
      },
      [&state](checkpoint_atom) {
        return state.memory ? state.memory->state() : unsettled_state{};
      },
      [&state](deadline_atom) { state.on_deadline(); },
  };
}

}  // namespace

hosted_device_actor spawn_device(caf::actor_system& system, std::shared_ptr<const device_host> host,
                                 membership_actor coordinator, local_data_ptr data,
                                 std::shared_ptr<device_memory> memory) {
  return system.spawn(behavior, std::move(host), std::move(coordinator), std::move(data),
                      std::move(memory));
}

}  // namespace verge
