#pragma once

#include <caf/all.hpp>

namespace verge {

/// CAF lets any node that knows an actor end it: with an exit message, which cannot be handled if
/// it is a kill, or with an error, which ends an actor that does not handle it. What another node
/// says about the sender of a message proves nothing. This is the base class of actors that other
/// nodes can reach, so that none of them can end it. It drops exit messages before they reach the
/// mailbox, ignores errors and down messages, and drops messages that it does not know. Such an
/// actor ends by a message of a type that cannot be sent between nodes, and every message that only
/// this process may send has such a type. enqueue() is thread-safe, as for any actor.
template <class Interface>
class shielded_actor : public Interface::base {
public:
  using super = typename Interface::base;

  explicit shielded_actor(caf::actor_config& config) : super(config) {
    this->set_default_handler(caf::drop);
    this->set_error_handler([](caf::error&) {});
    this->set_down_handler([](caf::down_msg&) {});
  }

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (what->content().match_elements<caf::exit_msg>()) return;
    super::enqueue(std::move(what), host);
  }
};

}  // namespace verge
