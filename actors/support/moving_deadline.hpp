#pragma once

#include <caf/all.hpp>
#include <optional>

namespace verge {

/// A deadline of an actor that is set again and again, each time the same span ahead: one that is set nearer than
/// the last is noticed too late. One `Atom` is on its way to the actor, however often it is set: a delayed message,
/// like the timeout of a request, cannot be taken back, and one each time would pile up where rounds are much shorter
/// than their deadline.
template <class Atom>
class moving_deadline {
public:
  template <class Self, class Span>
  void set(Self* self, Span from_now) {
    due_ = self->clock().now() + from_now;
    if (!under_way_) send(self);
  }

  void clear() { due_.reset(); }

  /// The atom has come. True: the deadline has passed, and is cleared.
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

  /// By the actor system's clock.
  std::optional<caf::actor_clock::time_point> due_;
  bool under_way_ = false;
};

}  // namespace verge
