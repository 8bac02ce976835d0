#include "actors/server/download_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/round_messages.hpp"

namespace verge {

void download_desk::ask(device_id device, std::uint32_t blocks, answer_function answer) {
  // The number of blocks per device is bounded, whatever a peer asks for, because blocks that
  // nobody reads stay in memory.
  if (asked_for_[device]++ >= blocks)
    return answer(
        fmt::format("device {} has asked for all {} blocks already", device.value, blocks));
  if (under_way_.count(device) > 0) return answer({});
  auto& mine = waiting_[device];
  if (mine.size() == most_blocks_asked_for)
    return answer(fmt::format("device {} asks for more than {} blocks at once", device.value,
                              most_blocks_asked_for));
  if (mine.empty()) queue_.push_back(device);
  mine.push_back(std::move(answer));
  let_in();
}

void download_desk::leave(device_id device) {
  under_way_.erase(device);
  if (const auto waits = std::find(queue_.begin(), queue_.end(), device); waits != queue_.end()) {
    queue_.erase(waits);
    const auto turn = waiting_.extract(device);
    for (const auto& answer : turn.mapped())
      answer(fmt::format("device {} has given up its download", device.value));
  }
  let_in();
}

void download_desk::forget(device_id device) {
  asked_for_.erase(device);
  leave(device);
}

void download_desk::clear() {
  under_way_.clear();
  asked_for_.clear();
  queue_.clear();
  for (const auto& [device, answers] : std::exchange(waiting_, {}))
    for (const auto& answer : answers)
      answer(fmt::format("device {}: the round was closed before it was its turn to download",
                         device.value));
}

void download_desk::let_in() {
  while (!queue_.empty() && under_way_.size() < most_at_once_) {
    const auto next = queue_.front();
    queue_.pop_front();
    under_way_.insert(next);
    const auto turn = waiting_.extract(next);
    for (const auto& answer : turn.mapped()) answer({});
  }
}

}  // namespace verge
