#pragma once

#include <caf/all.hpp>
#include <optional>

namespace verge {

/// An actor that has a deadline in every round sets it again and again. A delayed message, like the
/// timeout of a request, cannot be taken back, so one message per deadline would pile up in memory
/// where rounds are much shorter than their deadline. This class keeps at most one `Atom` on its
/// way to the actor, however often the deadline is set: an atom that comes too early is sent once
/// more for the time that is left. A deadline that is nearer than the one before it is therefore
/// noticed too late, so each span should be as long as the last. Not thread-safe: only the actor
/// itself may use it.
template <class Atom>
class moving_deadline {
public:
  template <class Self, class Span>
  void set(Self* self, Span from_now) {
    due_ = self->clock().now() + from_now;
    if (!under_way_) send(self);
  }

  void clear() { due_.reset(); }

  /// To be called when the atom has come. Returns true if the deadline has passed, and then clears
  /// it.
  template <class Self>
  bool on_message(Self* self) {
    under_way_ = false;
    if (!due_) return false;
    if (self->clock().now() < *due_) {
      send(self);
      return false;
    }
    due_.reset();
    return true;
  }

private:
  template <class Self>
  void send(Self* self) {
    under_way_ = true;
    self->delayed_send(self, *due_ - self->clock().now(), Atom::value);
  }

  /// In the time of the actor system's clock; unset: no deadline.
  std::optional<caf::actor_clock::time_point> due_;
  bool under_way_ = false;
};

}  // namespace verge
