#include "actors/device/device_memory.hpp"

#include <utility>

namespace verge {

device_memory::device_memory(device_id device, own_state initial,
                             std::shared_ptr<device_memory_store> store)
    : device_(device), store_(std::move(store)), state_{std::move(initial), {}, {}} {
  if (!store_) return;
  if (auto kept = store_->load(device_)) state_ = std::move(*kept);
}

void device_memory::prepare(round_id round, own_state next) {
  unsettled_state prepared{state_.own, round, std::move(next)};
  if (store_) store_->save(device_, prepared);
  state_ = std::move(prepared);
}

void device_memory::settle(round_id round, bool used) {
  if (state_.round.value == 0 || state_.round != round) return;
  if (used) state_.own = state_.next;
  state_.round = {};
  state_.next = {};
}

}  // namespace verge
