#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>

#include "verge/messages/ids.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// State that only the device has, besides its data and the residual of its codec. Empty: it has
/// none.
struct own_state {
  /// Running statistics of batch norm, if they are local.
  flat_buffer statistics;
  /// SCAFFOLD's control variate; also empty while it is 0.
  flat_buffer control;
};

/// The state of a device, and the state that follows it if the update of `round` is used.
struct unsettled_state {
  own_state own;
  /// 0: no update has been made since the state was settled.
  round_id round{0};
  own_state next;
};

/// Storage in which the memory of a device outlives its process. It is saved each time an update
/// has been made, before any of it is sent. What became of the update is not saved: the server says
/// that when the device joins again (welcome::last_used).
class device_memory_store {
public:
  virtual ~device_memory_store() = default;

  /// Returns what was saved last, or nullopt if nothing ever was. Throws bad_input if it cannot be
  /// read.
  virtual std::optional<unsettled_state> load(device_id device) = 0;
  /// Throws run_failure if it cannot be saved. What was saved before is then still there.
  virtual void save(device_id device, const unsettled_state& state) = 0;
};

/// With each update a device also makes the state that it will continue from, but it learns only
/// later whether the update was used, and its process may end in between. This class keeps the
/// state as a transaction: prepare() saves the next state with the update, and settle() adopts it
/// if the update was used and drops it otherwise. One object belongs to one device. Not
/// thread-safe.
class device_memory {
public:
  /// `store` may be null. Throws what its load() throws.
  device_memory(device_id device, own_state initial,
                std::shared_ptr<device_memory_store> store = nullptr);

  const own_state& own() const { return state_.own; }
  /// A copy shares the memory and does not change later.
  const unsettled_state& state() const { return state_; }

  /// Throws what the store's save() throws, and then prepares nothing.
  void prepare(round_id round, own_state next);
  /// Whether the update of `round` was used. Does nothing unless that update was the last to be
  /// prepared.
  void settle(round_id round, bool used);

private:
  device_id device_;
  std::shared_ptr<device_memory_store> store_;
  unsettled_state state_;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::unsettled_state)
