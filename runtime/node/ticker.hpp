#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <functional>

namespace verge {

/// While it lives, an actor of `system` calls a function after every pause. The destructor waits
/// until the actor has ended.
class ticker {
public:
  ticker(caf::actor_system& system, std::chrono::milliseconds pause, std::function<void()> tick);
  ~ticker();
  ticker(const ticker&) = delete;
  ticker& operator=(const ticker&) = delete;

private:
  caf::actor_system& system_;
  caf::actor clock_;
};

}  // namespace verge
