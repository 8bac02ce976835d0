// The desks, the check of what devices send, and the sums of the open round.
//
// A complete update waits here until it can be decoded, checked and added; the last block of an
// update is acknowledged only then. A late message is answered with the round that is open, and
// leaves no trace.

#include "actors/server/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "actors/server/model_shelf.hpp"
#include "messages/kill_point.hpp"
#include "model/aggregation/order_free_mean.hpp"
#include "verge/model/codec.hpp"

namespace verge {

namespace {

/// Updates that are decoded or added at the same time: one of each.
constexpr std::uint32_t most_being_added = 2;

std::uint32_t downloads_at_once(const model_shelf& shelf, std::uint64_t budget) {
  constexpr std::uint64_t one = 1, all = std::numeric_limits<std::uint32_t>::max();
  constexpr std::uint64_t most_of_one = most_blocks_asked_for * manifest::block_bytes;
  const auto each = std::clamp(shelf.whole_bytes(), one, most_of_one);
  return static_cast<std::uint32_t>(std::clamp(budget / each, one, all));
}

upload_shape shape_of_updates(const model_shelf& shelf, const manifest& layout,
                              const link_codecs& codecs) {
  if (!codecs.packs_updates()) return {shelf.whole_bytes(), layout.block_count()};
  const auto codec = update_codec::make(codecs.up, layout, codecs.devices);
  return {codec->most_bytes(), std::nullopt};
}

}  // namespace

intake::intake(server_actor::pointer self, const server_options& options,
               compressor_actor compressor, const model_shelf& shelf)
    : self_(self),
      layout_(options.layout),
      compressor_(std::move(compressor)),
      shelf_(shelf),
      downloads_(downloads_at_once(shelf, options.download_budget)),
      desk_(shape_of_updates(shelf, options.layout, options.codecs), options.upload_budget),
      moments_(options.layout) {
  const auto blocks = layout_.parameter_block_count();
  const auto count = std::clamp(options.aggregators, 1u, std::max(1u, blocks));
  for (std::uint32_t i = 0; i < count; ++i)
    aggregators_.push_back(
        spawn_aggregator(self_, layout_, blocks * i / count, blocks * (i + 1) / count));
}

// -- the round ------------------------------------------------------------------------------------

void intake::open(const begin_round& m, update_listener coordinator) {
  work_ = m.work;
  all_weight_ = m.all_weight;
  counted_.clear();
  coordinator_ = std::move(coordinator);
  close();
  loads_.clear();
  desk_.open(m.round, m.cohort);
  moments_.begin(desk_.total_weight(), m.cohort.size());
  for (const auto& sum : aggregators_)
    self_->send(sum, begin_sum{desk_.total_weight(), m.cohort.size()});
}

void intake::close() {
  downloads_.clear();
  desk_.close();
}

bool intake::has_updates_of(round_id round) const {
  return desk_.is_open() && round == desk_.round() && !counted_.empty();
}

round_facts intake::facts() const {
  std::uint64_t weight = 0;
  for (const auto& one : counted_) weight += desk_.asked(one.device).weight;
  return {work_, static_cast<double>(weight) / static_cast<double>(std::max(all_weight_, weight))};
}

void intake::take_mean(std::function<void(flat_buffer mean)> then) {
  waiting_mean_ = [this, then = std::move(then)] {
    auto mean = flat_buffer::unfilled(layout_.type(), layout_.parameter_count());
    auto left = std::make_shared<std::size_t>(aggregators_.size());
    for (const auto& sum : aggregators_)
      self_->request(sum, caf::infinite, write_mean{mean}).then([left, mean, then](done_atom) {
        if (--*left == 0) then(mean);
      });
  };
  take_mean_when_all_is_added();
}

void intake::take_mean_when_all_is_added() {
  if (being_added_ == 0 && waiting_mean_) std::exchange(waiting_mean_, nullptr)();
}

committed_round intake::report(model_version version, std::vector<counted_update> updates) {
  committed_round answer{version, std::move(updates), bytes_up_, bytes_down_, {}, {}};
  for (const auto& [device, load] : loads_) answer.loads.push_back(load);
  bytes_up_ = bytes_down_ = 0;
  loads_.clear();
  return answer;
}

// -- bytes --------------------------------------------------------------------------------------

template <class Message>
result<Message> intake::heard(const sealed<Message>& m) {
  bytes_up_ += m.encoded_size();
  auto read = unseal(m);
  if (!read) return read;
  if (auto* load = load_of(read->round, read->device)) load->bytes_up += m.encoded_size();
  return read;
}

template <class Promise, class Message>
void intake::answer(Promise promise, round_id round, device_id device, sealed<Message> message) {
  if (auto* load = load_of(round, device)) load->bytes_down += message.encoded_size();
  answer_unread(promise, std::move(message));
}

/// Answers a question that could not be read.
template <class Promise, class Message>
void intake::answer_unread(Promise promise, sealed<Message> message) {
  bytes_down_ += message.encoded_size();
  promise.deliver(std::move(message));
}

/// Null if it is not a message of the open round. A late message does not count for the next
/// round.
device_load* intake::load_of(round_id round, device_id device) {
  if (!desk_.is_open() || round != desk_.round() || !desk_.was_asked(device)) return nullptr;
  return &loads_.try_emplace(device, device_load{device, desk_.asked(device).samples})
              .first->second;
}

// -- downlink -----------------------------------------------------------------------------------

intake::block_promise intake::on_model_request(const sealed<model_request>& m) {
  auto promise = self_->make_response_promise<block_promise>();
  const auto request = heard(m);
  if (!request) {
    answer_unread(promise, model_shelf::refusal({}, request.reason()));
  } else if (const auto why = why_no_download(*request); !why.empty()) {
    answer(promise, request->round, request->device, model_shelf::refusal(*request, why));
  } else {
    downloads_.ask(request->device, shelf_.block_count(request->holds),
                   [this, promise, asked = *request](const std::string& no) {
                     kill_point("model block");
                     answer(promise, asked.round, asked.device,
                            no.empty() ? shelf_.answer(asked) : model_shelf::refusal(asked, no));
                   });
  }
  return promise;
}

std::string intake::why_no_download(const model_request& request) const {
  if (auto why = shelf_.why_not_here(request); !why.empty()) return why;
  return desk_.why_not_now(request.round, request.device, "asks for the model of");
}

void intake::on_download_ended(const sealed<download_ended>& m) {
  if (const auto end = heard(m); end && end->round == desk_.round()) downloads_.leave(end->device);
}

void intake::forget(device_id device) {
  downloads_.forget(device);
  desk_.forget(device);
}

// -- uplink -------------------------------------------------------------------------------------

intake::grant_promise intake::on_upload_request(const sealed<upload_request>& m) {
  auto promise = self_->make_response_promise<grant_promise>();
  const auto request = heard(m);
  if (!request) {
    answer_unread(promise, seal(upload_grant{{}, request.reason()}));
    return promise;
  }
  const auto [why, ends_update] = desk_.offer(*request, [this, promise, offer = *request](
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

intake::ack_promise intake::on_update_block(const sealed<update_block>& m) {
  auto promise = self_->make_response_promise<ack_promise>();
  auto block = heard(m);
  if (!block) {
    answer_unread(promise, seal(block_ack{{}, {}, false, block.reason()}));
    return promise;
  }
  kill_point("update block");
  const auto device = block->device;
  const auto index = block->block;
  const auto round = block->round;
  if (const auto [why, ends_update] = desk_.take(std::move(*block)); !why.empty()) {
    answer(promise, round, device, seal(block_ack{round, index, false, why}));
    if (ends_update) settle(round, device, false, why);
  } else if (desk_.complete(device)) {
    to_check_.push_back({desk_.remove(device), index, promise});
    check_next();
  } else {
    answer(promise, round, device, seal(block_ack{round, index, false, {}}));
  }
  return promise;
}

void intake::settle(round_id round, device_id device, bool is_counted, const std::string& reason) {
  if (coordinator_) self_->send(coordinator_, update_settled{round, device, is_counted, reason});
}

// -- counting a complete update -----------------------------------------------------------------

/// A decoded update is as large as the model, however small its encoded form was, so only a few
/// are decoded at once.
void intake::check_next() {
  while (!to_check_.empty() && being_added_ < most_being_added) {
    auto next = std::move(to_check_.front());
    to_check_.pop_front();
    // The next update may arrive while this one is added. The number that are added at once is
    // bounded.
    desk_.release(next.complete.offer.bytes);
    if (const auto why = why_closed(next.complete.offer); !why.empty()) {
      refuse(next.complete.offer, next.last, next.promise, why);
      continue;
    }
    ++being_added_;
    check(std::move(next.complete), next.last, next.promise);
  }
}

void intake::check(upload_desk::upload complete, block_index last, ack_promise promise) {
  const auto offer = complete.offer;
  self_
      ->request(
          compressor_, caf::infinite,
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

void intake::refuse(const upload_request& offer, block_index last, const ack_promise& promise,
                    const std::string& why) {
  answer(promise, offer.round, offer.device, seal(block_ack{offer.round, last, false, why}));
  settle(offer.round, offer.device, false, why);
}

void intake::be_ready_for_next() {
  --being_added_;
  check_next();
  take_mean_when_all_is_added();
}

std::string intake::why_closed(const upload_request& offer) const {
  if (desk_.is_open() && offer.round == desk_.round()) return {};
  return fmt::format("device {}: round {} was closed before the update was checked",
                     offer.device.value, offer.round.value);
}

/// Adds the update to the sums, or says why not.
std::string intake::count(const upload_request& offer, const decoded_update& decoded) {
  if (!decoded.refused_because.empty()) return decoded.refused_because;
  if (auto why = why_closed(offer); !why.empty()) return why;
  const auto weight = desk_.asked(offer.device).weight;
  const auto statistics = std::span{*decoded.blocks}.subspan(layout_.parameter_block_count());
  if (!moments_.add(statistics, weight, offer.steps))
    return fmt::format("device {}: batch moments with a negative variance or beyond {}",
                       offer.device.value, order_free_mean::largest_value);
  counted_.push_back({offer.device, offer.samples, offer.loss});
  auto left = std::make_shared<std::size_t>(aggregators_.size());
  for (const auto& sum : aggregators_)
    self_->request(sum, caf::infinite, add_update{decoded.blocks, weight})
        .then([this, left](done_atom) {
          if (--*left == 0) be_ready_for_next();
        });
  return {};
}

}  // namespace verge
