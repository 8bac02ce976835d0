#pragma once

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace verge::test {

/// The answer of an actor, or the error that it answered with.
template <class T>
struct reply {
  std::optional<T> value;
  std::string error;

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

/// An actor system whose actors run on the test's thread, only when they are told to, and in the
/// order in which their messages came. Its clock stands still until it is moved.
class manual_system {
public:
  manual_system() : config_(std::make_unique<configuration>()), system_(*config_) {
    // A test that failed half-way leaves actors behind, and there is nothing to wait for.
    system_.await_actors_before_shutdown(false);
  }

  caf::actor_system& actors() { return system_; }

  /// Runs until every mailbox is empty.
  void settle() { scheduler().run(); }

  /// Moves the clock, then runs until every mailbox is empty.
  void advance(std::chrono::milliseconds by) {
    scheduler().advance_time(by);
    settle();
  }

  /// Number of actors that have not ended.
  std::size_t alive() { return system_.registry().running(); }

  /// Number of timeouts and delayed messages that the clock holds.
  std::size_t pending_timeouts() { return scheduler().clock().schedule().size(); }

  /// Sends a request without running anything. The reply is there after settle(), if it has been
  /// given.
  template <class Answer, class Handle, class... Message>
  std::shared_ptr<reply<Answer>> ask_later(const Handle& whom, Message... message) {
    auto out = std::make_shared<reply<Answer>>();
    system_.spawn([=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, message...)
          .then(
              [out](const Answer& answer) { out->value = answer; },
              [out, self](const caf::error& why) { out->error = self->home_system().render(why); });
    });
    return out;
  }

  /// Sends a request, settles, and returns the reply.
  template <class Answer, class Handle, class... Message>
  reply<Answer> ask(const Handle& whom, Message... message) {
    const auto out = ask_later<Answer>(whom, std::move(message)...);
    settle();
    return *out;
  }

private:
  struct configuration : caf::actor_system_config {
    configuration() { set("scheduler.policy", caf::atom("testing")); }
  };

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  std::unique_ptr<configuration> config_;
  caf::actor_system system_;
};

}  // namespace verge::test
