// Role: measures accuracy beside the rounds. Spawned by whoever starts a run.
//
//   evaluation_due --> (room for a snapshot) --> waiting --> evaluating --> evaluation_result
//
// Its tasks go to the trainer pool behind all training. On down of the pool: the coordinator, which
// monitors it, ends the run and this actor with it.

#include "verge/actors/evaluator.hpp"

#include <algorithm>
#include <deque>

namespace verge {

namespace {

/// Samples a task: short enough that a training task does not wait long for a trainer.
constexpr std::size_t range_size = 500;
/// One evaluated, one waiting.
constexpr std::size_t most_snapshots = 2;

using done_promise = caf::typed_response_promise<done_atom>;

struct evaluator_state {
  using pointer = evaluator_actor::stateful_pointer<evaluator_state>;

  struct evaluation {
    evaluation_due due;
    model_blocks model;
    /// In the order of the ranges, so that the sum of the losses does not depend on who came first.
    std::vector<evaluation_sums> ranges;
    std::size_t ranges_left = 0;
    std::string failure;
  };

  explicit evaluator_state(pointer me) : self(me) {}

  done_promise on_due(const evaluation_due& due) {
    if (!coordinator) coordinator = caf::actor_cast<evaluation_listener>(self->current_sender());
    auto promise = self->make_response_promise<done_promise>();
    waiting_for_room.emplace_back(due, promise);
    take_snapshots();
    return promise;
  }

  void take_snapshots() {
    while (!waiting_for_room.empty() && snapshots < most_snapshots) {
      auto [due, promise] = waiting_for_room.front();
      waiting_for_room.pop_front();
      ++snapshots;
      self->request(server, caf::infinite, snapshot_atom::value)
          .then([this, due, promise](const model_snapshot& taken) mutable {
            queue.push_back({due, split_blocks(options.layout, taken.state), {}, 0, {}});
            promise.deliver(done_atom::value);
            if (queue.size() == 1) start_first();
          });
    }
  }

  void start_first() {
    const auto samples = options.test->size();
    auto& now = queue.front();
    now.ranges_left = (samples + range_size - 1) / range_size;
    now.ranges.resize(now.ranges_left);
    if (now.ranges.empty()) return finish();
    for (std::size_t i = 0; i < now.ranges.size(); ++i)
      self->request(pool, caf::infinite,
                    evaluate_task{options.run, now.due.version, now.model, options.test,
                                  i * range_size, std::min(samples, (i + 1) * range_size)})
          .then([this, i](const evaluated_range& range) { on_range(i, range); });
  }

  void on_range(std::size_t index, const evaluated_range& range) {
    auto& now = queue.front();
    now.ranges[index] = range.sums;
    if (!range.failure.empty()) now.failure = range.failure;
    if (--now.ranges_left == 0) finish();
  }

  void finish() {
    const auto done = std::move(queue.front());
    queue.pop_front();
    --snapshots;
    if (done.failure.empty()) {
      evaluation_sums all;
      for (const auto& range : done.ranges) {
        all.samples += range.samples;
        all.correct += range.correct;
        all.loss += range.loss;
      }
      const auto n = static_cast<double>(std::max<std::uint64_t>(all.samples, 1));
      self->send(coordinator,
                 evaluation_result{done.due.round, done.due.version, done.due.epoch,
                                   static_cast<double>(all.correct) / n, all.loss / n});
    } else {
      self->send(coordinator, evaluation_failed{done.due.round, done.failure});
    }
    if (!queue.empty()) start_first();
    take_snapshots();
    if (snapshots > 0 || !waiting_for_room.empty()) return;
    for (auto& promise : waiting_for_end) promise.deliver(done_atom::value);
    waiting_for_end.clear();
  }

  done_promise on_drain() {
    auto promise = self->make_response_promise<done_promise>();
    if (snapshots == 0 && waiting_for_room.empty())
      promise.deliver(done_atom::value);
    else
      waiting_for_end.push_back(promise);
    return promise;
  }

  pointer self;
  evaluator_options options;
  server_actor server;
  trainer_pool_actor pool;
  evaluation_listener coordinator;
  std::deque<std::pair<evaluation_due, done_promise>> waiting_for_room;
  std::deque<evaluation> queue;
  std::size_t snapshots = 0;
  std::vector<done_promise> waiting_for_end;
  const char* name = "evaluator";
};

evaluator_actor::behavior_type behavior(evaluator_state::pointer self,
                                        const evaluator_options& options,
                                        const server_actor& server,
                                        const trainer_pool_actor& pool) {
  auto& state = self->state;
  state.options = options;
  state.server = server;
  state.pool = pool;
  return {
      [&state](const evaluation_due& m) { return state.on_due(m); },
      [&state](drain_atom) { return state.on_drain(); },
  };
}

}  // namespace

evaluator_actor spawn_evaluator(caf::actor_system& system, evaluator_options options,
                                server_actor server, trainer_pool_actor pool) {
  return system.spawn(behavior, std::move(options), std::move(server), std::move(pool));
}

}  // namespace verge
