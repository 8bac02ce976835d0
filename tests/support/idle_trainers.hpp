#pragma once

#include <caf/all.hpp>
#include <deque>
#include <functional>
#include <set>

#include "actors/training/training_events.hpp"
#include "model/layout/buffer_pool.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge::test {

/// A trainer pool that does no training, so that a round costs only what is not training. Every
/// task is answered at once with an update of small numbers, or of those that its spawner fills in.
/// The updates are in buffers of the pool, of which there are as many as in the real one.
struct idle_trainers {
  using pointer = trainer_pool_actor::stateful_pointer<idle_trainers>;
  using promise = caf::typed_response_promise<trained_update>;

  using fill_function = std::function<void(flat_buffer& update)>;

  explicit idle_trainers(pointer me) : self(me) {}

  void init(const manifest& layout, std::uint32_t threads, fill_function f) {
    fill = std::move(f);
    const auto me =
        caf::actor_cast<caf::weak_actor_ptr>(caf::actor_cast<caf::strong_actor_ptr>(self));
    updates = buffer_pool::create(layout.type(), layout.parameter_count(), [me] {
      if (const auto alive = caf::actor_cast<trainer_pool_actor>(me))
        caf::anon_send(alive, returned_atom::value);
    });
    moments = flat_buffer{layout.type(), layout.statistic_count()};
    most = 2 * threads + 1;
  }

  promise on_train(const train_task& task) {
    auto answer = self->make_response_promise<promise>();
    waiting.emplace_back(task, answer);
    serve();
    return answer;
  }

  void serve() {
    while (!waiting.empty() && updates->taken() < most) {
      auto [task, answer] = std::move(waiting.front());
      waiting.pop_front();
      trained_update made{updates->take(), moments, {}, {}};
      // A buffer that comes back still holds its numbers.
      if (filled.insert(made.update.data()).second) fill(made.update);
      made.outcome = {task.data->samples(task.work), task.data->steps(task.work), 1.0};
      answer.deliver(std::move(made));
    }
  }

  static void fill_small(flat_buffer& update) {
    with_scalar(update.type(), [&](auto zero) {
      using T = decltype(zero);
      auto values = update.as<T>();
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(1e-6) * static_cast<T>(i % 1000);
    });
  }

  pointer self;
  fill_function fill;
  std::shared_ptr<buffer_pool> updates;
  flat_buffer moments;
  std::uint32_t most = 1;
  std::deque<std::pair<train_task, promise>> waiting;
  std::set<const std::byte*> filled;
};

inline trainer_pool_actor spawn_idle_trainers(
    caf::actor_system& system, const manifest& layout, std::uint32_t threads,
    idle_trainers::fill_function fill = idle_trainers::fill_small) {
  const auto behavior =
      [](idle_trainers::pointer self, const manifest& l, std::uint32_t n,
         const idle_trainers::fill_function& f) -> trainer_pool_actor::behavior_type {
    auto& state = self->state;
    state.init(l, n, f);
    return {
        [&state](const train_task& task) { return state.on_train(task); },
        [](const evaluate_task& task) {
          return evaluated_range{{task.end - task.begin, 0, 0.0}, {}};
        },
        [](const measure_task&) {
          return measured_moments{{}, "an idle trainer measures nothing"};
        },
        [&state](returned_atom) { state.serve(); },
    };
  };
  return system.spawn(behavior, layout, threads, std::move(fill));
}

}  // namespace verge::test
