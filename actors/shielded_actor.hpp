#pragma once

#include <caf/all.hpp>

namespace verge {

/// An actor that other nodes can reach, so that none of them can end it: CAF lets any node that knows an actor
/// send it an exit message, of which a kill cannot be handled, or an error, which ends it unless handled.
/// Such actors end by a message of a type that cannot be sent between nodes.
template <class Interface>
class shielded_actor : public Interface::base {
public:
  using super = typename Interface::base;

  explicit shielded_actor(caf::actor_config& config) : super(config) {
    this->set_default_handler(caf::drop);
    this->set_error_handler([](caf::error&) {});
  }

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (what->content().match_elements<caf::exit_msg>()) return;
    super::enqueue(std::move(what), host);
  }

protected:
  /// Whether the message at hand is of an actor of this process. Also other nodes can send without a sender.
  bool is_from_here() {
    const auto& from = this->current_sender();
    return from && from->node() == this->node();
  }
};

}  // namespace verge
