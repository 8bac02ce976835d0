#pragma once

#include <caf/all.hpp>

namespace verge {

/// An actor that other nodes can reach, so that none of them can end it: CAF lets any node that knows an actor
/// send it an exit message, of which a kill cannot be handled, or an error, which ends it unless handled.
/// Such actors end by a message of a type that cannot be sent between nodes. What another node says of who
/// sent a message proves nothing, so whatever only this process may say has such a type too.
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
