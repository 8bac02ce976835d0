#include "actors/server/upload_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/aggregation/divergence.hpp"
#include "verge/model/codec.hpp"

namespace verge {

upload_desk::upload_desk(upload_shape shape, std::uint64_t budget)
    : shape_(shape), budget_(budget) {}

void upload_desk::open(round_id round, const std::vector<asked_device>& cohort) {
  close();
  open_ = true;
  round_ = round;
  asked_.clear();
  seen_.clear();
  total_weight_ = 0;
  for (const auto& device : cohort) {
    asked_[device.device] = device;
    total_weight_ += device.weight;
  }
}

void upload_desk::close() {
  open_ = false;
  for (const auto& [device, dropped] : uploads_) in_flight_ -= dropped.offer.bytes;
  uploads_.clear();
  auto left = std::move(queue_);
  queue_.clear();
  for (const auto& one : left)
    one.grant(fmt::format("device {}: round {} was closed before there was room for its update",
                          one.request.device.value, round_.value));
}

std::string upload_desk::why_not_now(round_id round, device_id device,
                                     std::string_view what) const {
  if (!open_ || round != round_)
    return fmt::format("device {} {} round {}; {} {}", device.value, what, round.value,
                       open_ ? "the open round is" : "the last one closed is", round_.value);
  if (asked_.count(device) == 0)
    return fmt::format("device {} was not asked in round {}", device.value, round_.value);
  return {};
}

std::string upload_desk::why_unfit(const upload_request& request) const {
  const auto id = request.device.value;
  const auto& expected = asked_.at(request.device);
  if (request.samples != expected.samples)
    return fmt::format("device {} offers an update of {} samples; its work was {}", id,
                       request.samples, expected.samples);
  if (request.steps != expected.steps)
    return fmt::format("device {} offers an update of {} steps; its work was {}", id, request.steps,
                       expected.steps);
  if (request.bytes > shape_.most_bytes)
    return fmt::format("device {} offers {} bytes; an update has at most {}", id, request.bytes,
                       shape_.most_bytes);
  const auto blocks = shape_.blocks.value_or(part_count(request.bytes));
  if (request.blocks != blocks)
    return fmt::format("device {} offers {} blocks; an update has {}", id, request.blocks, blocks);
  if (!std::isfinite(request.loss))
    return fmt::format("device {} reports a loss that is not a number; training has diverged; {}",
                       id, divergence_hint);
  return {};
}

upload_desk::verdict upload_desk::offer(const upload_request& request, grant_function grant) {
  const auto id = request.device;
  if (auto why = why_not_now(request.round, id); !why.empty()) return {std::move(why), false};
  if (!seen_.insert(id).second)
    return {
        fmt::format("device {} has offered its update of round {} already", id.value, round_.value),
        false};
  if (auto why = why_unfit(request); !why.empty()) return {std::move(why), true};
  if (queue_.empty() && fits(request.bytes))
    admit(request, grant);
  else
    queue_.push_back({request, std::move(grant)});
  return {};
}

void upload_desk::admit(const upload_request& request, const grant_function& grant) {
  in_flight_ += request.bytes;
  auto& begun = uploads_[request.device];
  begun.offer = request;
  begun.codecs.resize(request.blocks);
  begun.payloads.resize(request.blocks);
  begun.missing = request.blocks;
  grant({});
}

void upload_desk::grant_waiting() {
  while (!queue_.empty() && fits(queue_.front().request.bytes)) {
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    admit(next.request, next.grant);
  }
}

std::string upload_desk::why_unfit(const upload& begun, const update_block& block) const {
  const auto id = block.device.value;
  const auto index = block.block.value;
  if (index >= begun.payloads.size())
    return fmt::format("device {} sent block {}; an update has {}", id, index,
                       begun.payloads.size());
  if (!begun.codecs[index].empty()) return fmt::format("device {} sent block {} twice", id, index);
  if (block.codec.empty()) return fmt::format("device {} sent block {} without a codec", id, index);
  // The memory is bounded by the offer, whatever a peer sends.
  if (block.payload.size() > begun.offer.bytes - begun.received)
    return fmt::format("device {} sent {} bytes or more; it offered {}", id,
                       begun.received + block.payload.size(), begun.offer.bytes);
  return {};
}

upload_desk::verdict upload_desk::take(update_block block) {
  if (auto why = why_not_now(block.round, block.device); !why.empty())
    return {std::move(why), false};
  const auto found = uploads_.find(block.device);
  if (found == uploads_.end())
    return {fmt::format("device {} sent a block without a grant in round {}", block.device.value,
                        round_.value),
            false};
  auto& mine = found->second;
  if (auto why = why_unfit(mine, block); !why.empty()) {
    const auto bytes = mine.offer.bytes;
    uploads_.erase(found);
    release(bytes);
    return {std::move(why), true};
  }
  mine.received += block.payload.size();
  mine.codecs[block.block.value] = std::move(block.codec);
  mine.payloads[block.block.value] = std::move(block.payload);
  --mine.missing;
  return {};
}

bool upload_desk::complete(device_id device) const {
  const auto found = uploads_.find(device);
  return found != uploads_.end() && found->second.missing == 0;
}

upload_desk::upload upload_desk::remove(device_id device) {
  auto taken = std::move(uploads_.at(device));
  uploads_.erase(device);
  return taken;
}

void upload_desk::forget(device_id device) {
  if (const auto found = uploads_.find(device); found != uploads_.end()) {
    const auto bytes = found->second.offer.bytes;
    uploads_.erase(found);
    seen_.erase(device);
    release(bytes);
    return;
  }
  const auto waits = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const waiting& one) { return one.request.device == device; });
  if (waits == queue_.end()) return;
  const auto left = std::move(*waits);
  queue_.erase(waits);
  seen_.erase(device);
  left.grant(fmt::format("device {}: the connection that made the offer has ended", device.value));
}

void upload_desk::release(std::uint64_t bytes) {
  in_flight_ -= bytes;
  grant_waiting();
}

}  // namespace verge
