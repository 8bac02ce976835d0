// Role: gathers what the devices of this process keep, for a checkpoint. Spawned by whoever starts
// a run in one process. The coordinator asks it when a round is closed and no device has been told
// so, because devices that have answered change nothing in that time. Ends with the last handle to
// it.
//
// No timeouts, because the coordinator has one. An actor that has ended fails the run through the
// actors that monitor it.

#include "actors/device/device_states.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace verge {

namespace {

struct gatherer_state {
  using pointer = device_states_gatherer::stateful_pointer<gatherer_state>;
  using promise = caf::typed_response_promise<device_states>;

  /// One answer that is being put together.
  struct gathering {
    device_states states;
    std::size_t missing = 0;
    promise answer;
  };

  explicit gatherer_state(pointer me) : self(me) {}

  promise on_checkpoint() {
    auto answer = self->make_response_promise<promise>();
    waiting.push_back(answer);
    if (are_known) gather();
    return answer;
  }

  void on_devices(std::vector<hosted_device_actor> all) {
    devices = std::move(all);
    are_known = true;
    gather();
  }

  void gather() {
    for (const auto& answer : std::exchange(waiting, {})) {
      auto now = std::make_shared<gathering>();
      now->answer = answer;
      now->missing = compressors.size() + devices.size();
      now->states.memories.resize(devices.size());
      ask_compressors(now);
      ask_devices(now);
    }
  }

  void ask_compressors(const std::shared_ptr<gathering>& now) {
    for (const auto& compressor : compressors)
      self->request(compressor, caf::infinite, checkpoint_atom::value)
          .then([now](device_residuals& mine) {
            auto& all = now->states.residuals;
            std::move(mine.all.begin(), mine.all.end(), std::back_inserter(all));
            count(*now);
          });
  }

  void ask_devices(const std::shared_ptr<gathering>& now) {
    for (std::uint32_t i = 0; i < devices.size(); ++i)
      self->request(devices[i], caf::infinite, checkpoint_atom::value)
          .then([now, i](unsettled_state& mine) {
            now->states.memories[i] = {device_id{i}, std::move(mine)};
            count(*now);
          });
  }

  static void count(gathering& now) {
    if (--now.missing > 0) return;
    std::sort(now.states.residuals.begin(), now.states.residuals.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    now.answer.deliver(std::move(now.states));
  }

  pointer self;
  std::vector<compressor_actor> compressors;
  std::vector<hosted_device_actor> devices;
  bool are_known = false;
  std::vector<promise> waiting;
  const char* name = "device_states";
};

device_states_gatherer::behavior_type behavior(gatherer_state::pointer self,
                                               const std::vector<compressor_actor>& compressors) {
  auto& state = self->state;
  state.compressors = compressors;
  return {
      [&state](checkpoint_atom) { return state.on_checkpoint(); },
      [&state](remembering_devices& m) { state.on_devices(std::move(m.all)); },
  };
}

/// Hands out each state once and saves none.
template <class Store, class State>
class resumed_store final : public Store {
public:
  explicit resumed_store(std::vector<std::pair<device_id, State>> states) {
    for (auto& [device, state] : states) states_.emplace(device, std::move(state));
  }

  std::optional<State> load(device_id device) override {
    const std::lock_guard lock{mutex_};
    auto found = states_.extract(device);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
  }
  void save(device_id, const State&) override {}

private:
  std::mutex mutex_;
  std::unordered_map<device_id, State> states_;
};

}  // namespace

device_states_gatherer spawn_device_states(caf::actor_system& system,
                                           std::vector<compressor_actor> compressors) {
  return system.spawn(behavior, std::move(compressors));
}

resumed_devices resume_devices(device_states states) {
  return {
      std::make_shared<resumed_store<residual_store, residual_state>>(std::move(states.residuals)),
      std::make_shared<resumed_store<device_memory_store, unsettled_state>>(
          std::move(states.memories))};
}

}  // namespace verge
