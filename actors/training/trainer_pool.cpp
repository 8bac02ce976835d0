// Role: hands tasks to trainers and update buffers to tasks. Spawned by whoever starts a run, or by
// a host for several runs. It is linked to its trainers.
//
//   task --> waiting --- a trainer is idle, buffers are there ---> running --> answered
//               |  past its deadline
//               v
//            answered
//
// On down: a trainer that ends takes the pool with it. The actor that monitors the pool then fails
// the run.

#include "verge/actors/trainer_pool.hpp"

#include <deque>
#include <functional>

#include "actors/training/trainer.hpp"
#include "actors/training/training_events.hpp"
#include "model/layout/buffer_pool.hpp"
#include "model/random/random.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

namespace verge {

namespace {

/// Updates per trainer that may be in memory: one on its way and one being added. There is one more
/// for the whole pool: the first of a round, which the sums hold as it came.
constexpr std::uint32_t buffers_a_trainer = 2;

struct trainer_pool_state {
  using pointer = trainer_pool_actor::stateful_pointer<trainer_pool_state>;
  using train_promise = caf::typed_response_promise<trained_update>;

  explicit trainer_pool_state(pointer me) : self(me) {}

  void init(const network& recipe, const trainer_pool_options& o) {
    options = o;
    const auto& layout = recipe.layout();
    // A buffer that comes back may let a waiting task start.
    const auto me =
        caf::actor_cast<caf::weak_actor_ptr>(caf::actor_cast<caf::strong_actor_ptr>(self));
    const auto wake = [me] {
      if (auto alive = caf::actor_cast<trainer_pool_actor>(me))
        caf::anon_send(alive, returned_atom::value);
    };
    updates = buffer_pool::create(layout.type(), layout.parameter_count(), wake);
    moments = buffer_pool::create(layout.type(), recipe.tensors().statistic_count());
    for (std::uint32_t i = 0; i < options.threads; ++i)
      idle.push_back(spawn_trainer(self, recipe, options.torch_device));
  }

  bool buffer_free() const { return updates->taken() < buffers_a_trainer * options.threads + 1; }

  train_promise on_train(train_task m) {
    auto promise = self->make_response_promise<train_promise>();
    training.push_back({std::move(m), promise});
    start_what_can();
    return promise;
  }

  /// For a task that needs a trainer and no buffers.
  template <class Answer, class Task>
  caf::typed_response_promise<Answer> on_side_task(Task m) {
    auto promise = self->make_response_promise<caf::typed_response_promise<Answer>>();
    beside.push_back([this, m = std::move(m), promise](const trainer_actor& trainer) mutable {
      self->request(trainer, caf::infinite, std::move(m))
          .then([this, trainer, promise](Answer& answer) mutable {
            promise.deliver(std::move(answer));
            give_back(trainer);
          });
    });
    start_what_can();
    return promise;
  }

  void start_what_can() {
    while (!idle.empty()) {
      if (!training.empty() && buffer_free())
        start_training();
      else if (!beside.empty())
        start_beside();
      else
        return;
    }
  }

  std::size_t next_training() {
    if (options.shuffle_seed == 0) return 0;
    const random_stream draw{options.shuffle_seed, random_purpose::sample_order};
    return draw.below(started++, training.size());
  }

  void start_training() {
    const auto chosen = training.begin() + static_cast<std::ptrdiff_t>(next_training());
    auto [task, promise] = std::move(*chosen);
    training.erase(chosen);
    if (clock_type::now() > task.deadline) {
      promise.deliver(
          trained_update{{}, {}, {}, "the round's deadline passed before a trainer was free"});
      return;
    }
    auto trainer = take_trainer();
    self->request(trainer, caf::infinite,
                  training_job{std::move(task), updates->take(), moments->take()})
        .then([this, trainer, promise](trained_update& made) mutable {
          promise.deliver(std::move(made));
          give_back(trainer);
        });
  }

  void start_beside() {
    auto start = std::move(beside.front());
    beside.pop_front();
    start(take_trainer());
  }

  trainer_actor take_trainer() {
    auto trainer = idle.back();
    idle.pop_back();
    return trainer;
  }

  void give_back(const trainer_actor& trainer) {
    idle.push_back(trainer);
    start_what_can();
  }

  pointer self;
  trainer_pool_options options;
  std::vector<trainer_actor> idle;
  std::shared_ptr<buffer_pool> updates;
  std::shared_ptr<buffer_pool> moments;
  std::deque<std::pair<train_task, train_promise>> training;
  /// Tasks that come behind all training.
  std::deque<std::function<void(const trainer_actor&)>> beside;
  std::uint64_t started = 0;
  const char* name = "trainer_pool";
};

trainer_pool_actor::behavior_type behavior(trainer_pool_state::pointer self, const network& recipe,
                                           const trainer_pool_options& options) {
  auto& state = self->state;
  state.init(recipe, options);
  return {
      [&state](train_task& m) { return state.on_train(std::move(m)); },
      [&state](evaluate_task& m) { return state.on_side_task<evaluated_range>(std::move(m)); },
      [&state](measure_task& m) { return state.on_side_task<measured_moments>(std::move(m)); },
      [&state](returned_atom) { state.start_what_can(); },
  };
}

}  // namespace

trainer_pool_actor spawn_trainer_pool(caf::actor_system& system, const network& recipe,
                                      trainer_pool_options options) {
  if (options.threads == 0) throw bad_input("a pool of 0 trainers; expected at least one");
  check_torch_device(options.torch_device);
  return system.spawn(behavior, recipe, options);
}

}  // namespace verge
