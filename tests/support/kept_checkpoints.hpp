#pragma once

#include <caf/all.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/link/residual_store.hpp"
#include "actors/round/run_checkpoint.hpp"
#include "verge/actors/atoms.hpp"

namespace verge::test {

/// A deep copy, like a file: the run cannot change it.
inline residual_state copy_of(residual_state state) {
  state.owed = state.owed.clone();
  state.velocity = state.velocity.clone();
  if (state.prepared) state.prepared->before = state.prepared->before.clone();
  return state;
}

inline run_checkpoint copy_of(run_checkpoint state) {
  auto& server = state.server;
  server.model.parameters = server.model.parameters.clone();
  server.model.statistics = server.model.statistics.clone();
  for (auto& one : server.rule) one = one.clone();
  server.owed_down = copy_of(server.owed_down);
  return state;
}

/// The checkpoints that the keeper of a scripted run was given, and how it answers.
struct kept_checkpoints {
  std::vector<std::shared_ptr<const run_checkpoint>> all;
  /// Why the keeper cannot keep them; empty if it can.
  std::string failure;
  /// Whether it answers only when it gets a returned_atom.
  bool holds = false;
};

using kept_promise = caf::typed_response_promise<std::string>;
using held_keeper_actor = checkpoint_keeper_actor::extend<caf::reacts_to<returned_atom>>;

inline held_keeper_actor spawn_keeper(caf::actor_system& system,
                                      std::shared_ptr<kept_checkpoints> list) {
  return system.spawn([list](held_keeper_actor::pointer self) -> held_keeper_actor::behavior_type {
    const auto held = std::make_shared<std::vector<kept_promise>>();
    const auto answer = [=] {
      for (auto& promise : std::exchange(*held, {})) promise.deliver(list->failure);
    };
    return {[=](const run_checkpoint& m) {
              list->all.push_back(std::make_shared<const run_checkpoint>(copy_of(m)));
              auto promise = self->make_response_promise<kept_promise>();
              held->push_back(promise);
              if (!list->holds) answer();
              return promise;
            },
            [=](returned_atom) { answer(); }};
  });
}

/// Residuals as they were saved after the preparation of each round.
class remembering_store final : public residual_store {
public:
  std::optional<residual_state> load(device_id device) override {
    const auto found = last_.find(device);
    if (found == last_.end()) return std::nullopt;
    return copy_of(found->second);
  }
  void save(device_id device, const residual_state& state) override {
    last_[device] = copy_of(state);
    history_[{device, state.prepared->round}] = copy_of(state);
  }

  /// The store of a device as it was when the device had prepared `round`.
  std::shared_ptr<remembering_store> as_of(round_id round) const {
    auto store = std::make_shared<remembering_store>();
    for (const auto& [key, state] : history_)
      if (key.second == round) store->last_[key.first] = state;
    return store;
  }

private:
  std::map<device_id, residual_state> last_;
  std::map<std::pair<device_id, round_id>, residual_state> history_;
};

}  // namespace verge::test
