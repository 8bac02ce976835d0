// Role: the model and the sum of the open round. Spawned by whoever starts a run. It is linked to
// its aggregators and monitored by the coordinator.
//
//              begin_round                     commit_round
//   idle(v) ----------------> collecting(v) ------------------------> committing(v)
//      ^                        | model_request, download_ended,         | mean, rule,
//      |                        | upload_request, update_block           | codec down, check
//      +------------------------------------------------------------- idle(v + 1)
//
// This file has some more than 400 lines because each message needs a few, and all of them change
// the one round.
//
// On timeout: it has none of its own; the coordinator's deadline closes the round.
// On down: an aggregator that ends takes the server with it, and the coordinator fails the run.
// On a late message: the answer names the round that is open, and the message leaves no trace.

#include "actors/server/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "actors/server/aggregator.hpp"
#include "actors/server/download_desk.hpp"
#include "actors/server/model_shelf.hpp"
#include "actors/server/upload_desk.hpp"
#include "messages/kill_point.hpp"
#include "model/aggregation/divergence.hpp"
#include "model/aggregation/moment_pool.hpp"
#include "model/aggregation/order_free_mean.hpp"

namespace verge {

namespace {

using block_promise = caf::typed_response_promise<sealed<model_block>>;
using grant_promise = caf::typed_response_promise<sealed<upload_grant>>;
using ack_promise = caf::typed_response_promise<sealed<block_ack>>;
using commit_promise = caf::typed_response_promise<committed_round>;
using begin_promise = caf::typed_response_promise<model_version>;

/// Updates that are decoded or added at the same time: one of each.
constexpr std::uint32_t most_being_added = 2;

struct server_state {
  using pointer = server_actor::stateful_pointer<server_state>;

  /// A complete update that waits to be decoded.
  struct unchecked {
    upload_desk::upload complete;
    block_index last;
    ack_promise promise;
  };

  explicit server_state(pointer me) : self(me) {}

  void init(server_options o, compressor_actor c) {
    options = std::move(o);
    compressor = std::move(c);
    model = std::move(options.initial);
    version = options.version;
    shelf = std::make_unique<model_shelf>(options.layout);
    downloads = std::make_unique<download_desk>(downloads_at_once());
    desk = std::make_unique<upload_desk>(shape_of_updates(), options.upload_budget);
    moments = std::make_unique<moment_pool>(options.layout);
    for (; parameter_blocks < options.layout.block_count(); ++parameter_blocks)
      if (options.layout.block(block_index{parameter_blocks}).statistics) break;
    const auto count = std::clamp(options.aggregators, 1u, std::max(1u, parameter_blocks));
    for (std::uint32_t i = 0; i < count; ++i)
      aggregators.push_back(spawn_aggregator(self, options.layout, parameter_blocks * i / count,
                                             parameter_blocks * (i + 1) / count));
    publish([] {});
  }

  std::uint32_t downloads_at_once() const {
    constexpr std::uint64_t one = 1, all = std::numeric_limits<std::uint32_t>::max();
    constexpr std::uint64_t most_of_one = most_blocks_asked_for * manifest::block_bytes;
    const auto each = std::clamp(shelf->whole_bytes(), one, most_of_one);
    return static_cast<std::uint32_t>(std::clamp(options.download_budget / each, one, all));
  }

  upload_shape shape_of_updates() const {
    const auto& layout = options.layout;
    if (!options.codecs.packs_updates()) return {shelf->whole_bytes(), layout.block_count()};
    const auto codec = update_codec::make(options.codecs.up, layout, options.codecs.devices);
    return {codec->most_bytes(), std::nullopt};
  }

  // -- opening ------------------------------------------------------------------------------------

  /// Encodes the present version for all devices, then calls `then`.
  template <class Then>
  void publish(Then then) {
    shelf->clear();
    const auto blocks = split_blocks(options.layout, model);
    self->request(compressor, caf::infinite, encode_model{version, blocks})
        .then([this, then, blocks](const encoded_model& encoded) mutable {
          const std::span statistics{blocks.blocks.begin() + parameter_blocks, blocks.blocks.end()};
          shelf->put(version, encoded.blocks, {statistics.begin(), statistics.end()},
                     model.batches_tracked);
          then();
          if (waiting_begin.pending()) waiting_begin.deliver(version);
        });
  }

  begin_promise on_begin(const begin_round& m) {
    work = m.work;
    all_weight = m.all_weight;
    counted.clear();
    coordinator = caf::actor_cast<update_listener>(self->current_sender());
    close_round();
    loads.clear();
    desk->open(m.round, m.cohort);
    moments->begin(desk->total_weight(), m.cohort.size());
    for (const auto& sum : aggregators)
      self->send(sum, begin_sum{desk->total_weight(), m.cohort.size()});
    auto promise = self->make_response_promise<begin_promise>();
    if (shelf->empty())
      waiting_begin = promise;
    else
      promise.deliver(version);
    return promise;
  }

  // -- bytes --------------------------------------------------------------------------------------

  template <class Message>
  result<Message> heard(const sealed<Message>& m) {
    bytes_up += m.encoded_size();
    auto read = unseal(m);
    if (!read) return read;
    if (auto* load = load_of(read->round, read->device)) load->bytes_up += m.encoded_size();
    return read;
  }

  template <class Promise, class Message>
  void answer(Promise promise, round_id round, device_id device, sealed<Message> message) {
    if (auto* load = load_of(round, device)) load->bytes_down += message.encoded_size();
    answer_unread(promise, std::move(message));
  }

  /// Answers a question that could not be read.
  template <class Promise, class Message>
  void answer_unread(Promise promise, sealed<Message> message) {
    bytes_down += message.encoded_size();
    promise.deliver(std::move(message));
  }

  /// Null if it is not a message of the open round. A late message does not count for the next
  /// round.
  device_load* load_of(round_id round, device_id device) {
    if (!desk->is_open() || round != desk->round() || !desk->was_asked(device)) return nullptr;
    return &loads.try_emplace(device, device_load{device, desk->asked(device).samples})
                .first->second;
  }

  // -- downlink -----------------------------------------------------------------------------------

  block_promise on_model_request(const sealed<model_request>& m) {
    auto promise = self->make_response_promise<block_promise>();
    const auto request = heard(m);
    if (!request) {
      answer_unread(promise, model_shelf::refusal({}, request.reason()));
    } else if (const auto why = why_no_download(*request); !why.empty()) {
      answer(promise, request->round, request->device, model_shelf::refusal(*request, why));
    } else {
      downloads->ask(request->device, shelf->block_count(request->holds),
                     [this, promise, asked = *request](const std::string& no) {
                       kill_point("model block");
                       answer(promise, asked.round, asked.device,
                              no.empty() ? shelf->answer(asked) : model_shelf::refusal(asked, no));
                     });
    }
    return promise;
  }

  std::string why_no_download(const model_request& request) const {
    if (auto why = shelf->why_not_here(request); !why.empty()) return why;
    return desk->why_not_now(request.round, request.device, "asks for the model of");
  }

  void on_download_ended(const sealed<download_ended>& m) {
    if (const auto end = heard(m); end && end->round == desk->round())
      downloads->leave(end->device);
  }

  void on_forget(device_id device) {
    downloads->forget(device);
    desk->forget(device);
  }

  // -- uplink -------------------------------------------------------------------------------------

  grant_promise on_upload_request(const sealed<upload_request>& m) {
    auto promise = self->make_response_promise<grant_promise>();
    const auto request = heard(m);
    if (!request) {
      answer_unread(promise, seal(upload_grant{{}, request.reason()}));
      return promise;
    }
    const auto [why, ends_update] = desk->offer(*request, [this, promise, offer = *request](
                                                              const std::string& refused_because) {
      kill_point("upload granted");
      answer(promise, offer.round, offer.device, seal(upload_grant{offer.round, refused_because}));
    });
    if (!why.empty())
      answer(promise, request->round, request->device, seal(upload_grant{request->round, why}));
    else if (auto* load = load_of(request->round, request->device))
      load->compute = request->compute;
    if (ends_update) settle(request->round, request->device, false, why);
    return promise;
  }

  ack_promise on_update_block(const sealed<update_block>& m) {
    auto promise = self->make_response_promise<ack_promise>();
    auto block = heard(m);
    if (!block) {
      answer_unread(promise, seal(block_ack{{}, {}, false, block.reason()}));
      return promise;
    }
    kill_point("update block");
    const auto device = block->device;
    const auto index = block->block;
    const auto round = block->round;
    if (const auto [why, ends_update] = desk->take(std::move(*block)); !why.empty()) {
      answer(promise, round, device, seal(block_ack{round, index, false, why}));
      if (ends_update) settle(round, device, false, why);
    } else if (desk->complete(device)) {
      to_check.push_back({desk->remove(device), index, promise});
      check_next();
    } else {
      answer(promise, round, device, seal(block_ack{round, index, false, {}}));
    }
    return promise;
  }

  void settle(round_id round, device_id device, bool is_counted, const std::string& reason) {
    if (coordinator) self->send(coordinator, update_settled{round, device, is_counted, reason});
  }

  // -- counting a complete update -----------------------------------------------------------------

  /// A decoded update is as large as the model, however small its encoded form was, so only a few
  /// are decoded at once.
  void check_next() {
    while (!to_check.empty() && being_added < most_being_added) {
      auto next = std::move(to_check.front());
      to_check.pop_front();
      // The next update may arrive while this one is added. The number that are added at once is
      // bounded.
      desk->release(next.complete.offer.bytes);
      if (const auto why = why_closed(next.complete.offer); !why.empty()) {
        refuse(next.complete.offer, next.last, next.promise, why);
        continue;
      }
      ++being_added;
      check(std::move(next.complete), next.last, next.promise);
    }
  }

  void check(upload_desk::upload complete, block_index last, ack_promise promise) {
    const auto offer = complete.offer;
    self->request(
            compressor, caf::infinite,
            decode_update{offer.device, std::move(complete.codecs), std::move(complete.payloads)})
        .then([this, offer, last, promise](const decoded_update& decoded) {
          if (const auto why = count(offer, decoded); !why.empty()) {
            refuse(offer, last, promise, why);
            return be_ready_for_next();
          }
          kill_point("update counted");
          answer(promise, offer.round, offer.device, seal(block_ack{offer.round, last, true, {}}));
          settle(offer.round, offer.device, true, {});
        });
  }

  void refuse(const upload_request& offer, block_index last, const ack_promise& promise,
              const std::string& why) {
    answer(promise, offer.round, offer.device, seal(block_ack{offer.round, last, false, why}));
    settle(offer.round, offer.device, false, why);
  }

  void be_ready_for_next() {
    --being_added;
    check_next();
    commit_when_all_is_added();
  }

  std::string why_closed(const upload_request& offer) const {
    if (desk->is_open() && offer.round == desk->round()) return {};
    return fmt::format("device {}: round {} was closed before the update was checked",
                       offer.device.value, offer.round.value);
  }

  /// Adds the update to the sums, or says why not.
  std::string count(const upload_request& offer, const decoded_update& decoded) {
    if (!decoded.refused_because.empty()) return decoded.refused_because;
    if (auto why = why_closed(offer); !why.empty()) return why;
    const auto weight = desk->asked(offer.device).weight;
    const auto statistics = std::span{*decoded.blocks}.subspan(parameter_blocks);
    if (!moments->add(statistics, weight, offer.steps))
      return fmt::format("device {}: batch moments with a negative variance or beyond {}",
                         offer.device.value, order_free_mean::largest_value);
    counted.push_back({offer.device, offer.samples, offer.loss});
    auto left = std::make_shared<std::size_t>(aggregators.size());
    for (const auto& sum : aggregators)
      self->request(sum, caf::infinite, add_update{decoded.blocks, weight})
          .then([this, left](done_atom) {
            if (--*left == 0) be_ready_for_next();
          });
    return {};
  }

  // -- commit -------------------------------------------------------------------------------------

  commit_promise on_commit(round_id round) {
    auto promise = self->make_response_promise<commit_promise>();
    if (!desk->is_open() || round != desk->round() || counted.empty()) {
      promise.deliver(failed(fmt::format("round {} has nothing to commit", round.value)));
      return promise;
    }
    close_round();
    waiting_commit = [this, round, promise] { commit(round, promise); };
    commit_when_all_is_added();
    return promise;
  }

  /// Commits once all updates are added, so that the memory of the last one is free when the new
  /// version needs as much.
  void commit_when_all_is_added() {
    if (being_added == 0 && waiting_commit) std::exchange(waiting_commit, nullptr)();
  }

  void commit(round_id round, const commit_promise& promise) {
    auto step = flat_buffer::unfilled(options.layout.type(), options.layout.parameter_count());
    auto left = std::make_shared<std::size_t>(aggregators.size());
    for (const auto& sum : aggregators)
      self->request(sum, caf::infinite, write_mean{step})
          .then([this, left, round, step, promise](done_atom) {
            if (--*left == 0) make_step(round, step, promise);
          });
  }

  committed_round on_abandon() {
    close_round();
    return report({});
  }

  void close_round() {
    downloads->clear();
    desk->close();
  }

  /// What the coordinator is told about a round that is over.
  committed_round report(std::vector<counted_update> updates) {
    committed_round answer{version, std::move(updates), bytes_up, bytes_down, {}, {}};
    for (const auto& [device, load] : loads) answer.loads.push_back(load);
    bytes_up = bytes_down = 0;
    loads.clear();
    return answer;
  }

  /// The step is the mean as the strategy's rule changes it. With a codec down, it is the part of
  /// that which the devices are sent.
  void make_step(round_id round, flat_buffer step, commit_promise promise) {
    options.rule->apply({work, share_of_counted()}, model.parameters, step);
    if (!options.codecs.sends_steps()) return move_model(round, std::move(step), promise);
    if (const auto why = why_model_diverged(step); !why.empty()) {
      promise.deliver(failed(fmt::format("round {}: {}", round.value, why)));
      return;
    }
    const model_version next{version.value + 1};
    owed_down = {};  // else the compressor would have to make copies of what is shared
    self->request(compressor, caf::infinite, encode_step{next, std::move(step)})
        .then([this, round, next, promise](const encoded_step& encoded) mutable {
          if (!encoded.failure.empty()) {
            promise.deliver(
                failed(fmt::format("round {}: the step down: {}", round.value, encoded.failure)));
            return;
          }
          owed_down = encoded.owed;
          shelf->add_step(next, encoded.parts, options.codecs.down);
          move_model(round, encoded.sent, promise);
        });
  }

  double share_of_counted() const {
    std::uint64_t weight = 0;
    for (const auto& one : counted) weight += desk->asked(one.device).weight;
    return static_cast<double>(weight) / static_cast<double>(std::max(all_weight, weight));
  }

  /// All or nothing: the new version is made beside the old one, checked, and put in place at the
  /// end.
  void move_model(round_id round, flat_buffer next, commit_promise promise) {
    take_step(model.parameters, next);
    if (const auto why = why_model_diverged(next); !why.empty()) {
      promise.deliver(failed(fmt::format("round {}: {}", round.value, why)));
      return;
    }
    model_state successor{std::move(next), model.statistics.clone(), model.batches_tracked};
    moments->apply(successor);
    model = std::move(successor);
    ++version.value;
    kill_point("model moved");
    publish([this, promise]() mutable { promise.deliver(report(counted)); });
  }

  std::string why_model_diverged(const flat_buffer& parameters) const {
    return why_diverged("the model", options.layout, {false, 0, parameters.size()},
                        {parameters.data(), parameters.size_bytes()});
  }

  static committed_round failed(std::string why) { return {{}, {}, 0, 0, {}, std::move(why)}; }

  pointer self;
  server_options options;
  compressor_actor compressor;
  update_listener coordinator;

  model_state model;
  model_version version;
  /// As the compressor reported it with the last step. Kept for a checkpoint.
  residual_state owed_down;
  /// Empty while a version is being encoded.
  std::unique_ptr<model_shelf> shelf;
  begin_promise waiting_begin;

  local_work work;
  std::uint64_t all_weight = 0;
  std::unique_ptr<download_desk> downloads;
  std::unique_ptr<upload_desk> desk;
  std::unique_ptr<moment_pool> moments;
  std::vector<aggregator_actor> aggregators;
  std::uint32_t parameter_blocks = 0;
  std::vector<counted_update> counted;
  std::deque<unchecked> to_check;
  std::uint32_t being_added = 0;
  /// Empty if no commit waits.
  std::function<void()> waiting_commit;

  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Loads of the devices of the open round's cohort.
  std::map<device_id, device_load> loads;
  const char* name = "server";
};

server_actor::behavior_type behavior(server_state::pointer self, const server_options& options,
                                     const compressor_actor& compressor) {
  auto& state = self->state;
  state.init(options, compressor);
  return {
      [&state](const begin_round& m) { return state.on_begin(m); },
      [&state](const sealed<model_request>& m) { return state.on_model_request(m); },
      [&state](const sealed<download_ended>& m) { state.on_download_ended(m); },
      [&state](const sealed<upload_request>& m) { return state.on_upload_request(m); },
      [&state](const sealed<update_block>& m) { return state.on_update_block(m); },
      [&state](const forget_device& m) { state.on_forget(m.device); },
      [&state](commit_round m) { return state.on_commit(m.round); },
      [&state](const abandon_round&) { return state.on_abandon(); },
      [&state](snapshot_atom) {
        return model_snapshot{state.version, state.model};
      },
      [&state](checkpoint_atom) {
        return server_checkpoint{state.version, state.model, state.options.rule->memory(),
                                 state.owed_down};
      },
  };
}

}  // namespace

server_actor spawn_server(caf::actor_system& system, server_options options,
                          compressor_actor compressor) {
  return system.spawn(behavior, std::move(options), std::move(compressor));
}

}  // namespace verge
