#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>
#include <optional>

#include "verge/messages/ids.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// What only the device knows, besides its data and what its codec owes. Empty: there is none.
struct own_state {
  /// Of batch norm, where the running statistics are local.
  flat_buffer statistics;
  /// SCAFFOLD's control variate; empty while it is 0, too.
  flat_buffer control;
};

/// The state, and what it becomes if the update of a round is used.
struct unsettled_state {
  own_state own;
  /// 0: no update has been made since the state was settled.
  round_id round{0};
  own_state next;
};

/// Where a device's memory outlives its process. Saved each time an update has been made, before any of it is sent;
/// what became of it the server says when the device joins again (welcome::last_used).
class device_memory_store {
public:
  virtual ~device_memory_store() = default;

  /// As it was saved last; nothing when it never was. Throws bad_input when it cannot be read.
  virtual std::optional<unsettled_state> load(device_id device) = 0;
  /// Throws run_failure; what was saved before is then still there.
  virtual void save(device_id device, const unsettled_state& state) = 0;
};

/// What a device keeps from round to round, as a transaction: prepared with an update, and kept once that is known to
/// have been used. One device's; not thread-safe.
class device_memory {
public:
  /// `store` may be null. Throws what its load() does.
  device_memory(device_id device, own_state initial,
                std::shared_ptr<device_memory_store> store = nullptr);

  const own_state& own() const { return state_.own; }
  /// A copy shares its memory, and stays as it is.
  const unsettled_state& state() const { return state_; }

  /// Throws what the store's save() does; nothing is prepared then.
  void prepare(round_id round, own_state next);
  /// What became of the update of `round`. Does nothing unless that is the one prepared last.
  void settle(round_id round, bool used);

private:
  device_id device_;
  std::shared_ptr<device_memory_store> store_;
  unsettled_state state_;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::unsettled_state)
