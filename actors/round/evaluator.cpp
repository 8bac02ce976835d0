// Role: measures accuracy beside the rounds. Spawned by whoever starts a run.
//
//   evaluation_due --> (room for a snapshot) --> waiting --> recalibrating --> evaluating
//                                                                                  |
//                                                                                  v
//                                                                          evaluation_result
//
// Its tasks go to the trainer pool behind all training. On down of the pool: the coordinator, which
// monitors the pool, ends the run and this actor with it.

#include "actors/round/evaluator.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "model/aggregation/moment_pool.hpp"

namespace verge {

namespace {

/// Samples per task, few enough that a training task does not wait long for a trainer.
constexpr std::size_t range_size = 500;
/// Samples per calibration batch. A batch may have up to twice as many if it is the only one.
constexpr std::size_t calibration_batch = 250;
/// One version that is evaluated and one that waits.
constexpr std::size_t most_snapshots = 2;

using done_promise = caf::typed_response_promise<done_atom>;

std::vector<std::optional<double>> accuracy_by_label(const evaluation_sums& sums) {
  std::vector<std::optional<double>> accuracy;
  for (const auto& label : sums.labels) {
    accuracy.emplace_back();
    if (label.samples > 0)
      accuracy.back() = static_cast<double>(label.correct) / static_cast<double>(label.samples);
  }
  return accuracy;
}

struct evaluator_state {
  using pointer = evaluator_actor::stateful_pointer<evaluator_state>;

  struct evaluation {
    evaluation_due due;
    model_blocks model;
    /// Running statistics that do not come with the model: those of the devices, used in turns, or
    /// one entry for the whole test set.
    std::vector<flat_buffer> statistics;
    std::size_t batches_left = 0;
    /// Number of tasks into which the test set is cut.
    std::size_t parts = 0;
    /// In the order of the ranges, so that the sum of the losses does not depend on the order of
    /// arrival.
    std::vector<evaluation_sums> ranges;
    std::size_t ranges_left = 0;
    std::string failure;
  };

  explicit evaluator_state(pointer me) : self(me) {}

  void init(const evaluator_options& o, server_actor s, trainer_pool_actor p) {
    options = o;
    server = std::move(s);
    pool = std::move(p);
    measured = moment_pool{options.tensors};
  }

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
            auto next = std::make_shared<evaluation>();
            next->due = due;
            next->model = split_blocks(options.layout, taken.state);
            next->parts = parts_of_test_set(1);
            with_lent_statistics(next, [this, next, promise]() mutable {
              queue.push_back(std::move(*next));
              promise.deliver(done_atom::value);
              if (queue.size() == 1) start_first();
            });
          });
    }
  }

  void start_first() {
    if (options.batch_norm == batch_norm_policy::recalibrate)
      recalibrate();
    else
      evaluate();
  }

  // -- statistics that the model does not bring ---------------------------------------------------

  /// Precise batch norm (Wu and Johnson 2021, arXiv 2105.07576, section 3): the pooled moments of
  /// the model as it is.
  void recalibrate() {
    const auto samples = options.calibration->size();
    const auto batches = std::max<std::size_t>(1, samples / calibration_batch);
    auto& now = queue.front();
    now.batches_left = batches;
    measured.begin(samples, batches);
    for (std::size_t i = 0; i < batches; ++i) {
      const measure_task task{{options.run, now.due.version, now.model, options.calibration,
                               i * samples / batches, (i + 1) * samples / batches}};
      self->request(pool, caf::infinite, task)
          .then([this, weight = task.end - task.begin](const measured_moments& m) {
            on_measured(m, weight);
          });
    }
  }

  void on_measured(const measured_moments& m, std::size_t weight) {
    auto& now = queue.front();
    if (!m.failure.empty()) {
      now.failure = m.failure;
    } else if (!measured.add(m.moments, weight)) {
      now.failure = "the batch moments of the calibration samples are not finite";
    }
    if (--now.batches_left > 0) return;
    if (!now.failure.empty()) return finish();
    last = {now.due.version, measured.pooled()};
    now.statistics = {last.values};
    evaluate();
  }

  /// Gets the lent statistics as a part of the snapshot, because the devices change theirs in the
  /// next round. The test set is divided among the devices, so that each sample is evaluated once,
  /// with the statistics of one device.
  void with_lent_statistics(const std::shared_ptr<evaluation>& next, std::function<void()> then) {
    if (options.batch_norm != batch_norm_policy::local) return then();
    if (lenders.empty()) {
      waiting_for_lenders = [this, next, then] { with_lent_statistics(next, then); };
      return;
    }
    next->statistics.resize(std::min(lenders.size(), options.test->size()));
    next->parts = parts_of_test_set(next->statistics.size());
    auto left = std::make_shared<std::size_t>(next->statistics.size());
    for (std::size_t i = 0; i < next->statistics.size(); ++i)
      self->request(lenders[i], caf::infinite, statistics_atom::value)
          .then([next, then, left, i](const running_statistics& lent) {
            next->statistics[i] = lent.values;
            if (--*left == 0) then();
          });
  }

  /// A multiple of `of`, so that each of `of` devices has the same number of parts.
  std::size_t parts_of_test_set(std::size_t of) const {
    return of * ((options.test->size() + of * range_size - 1) / (of * range_size));
  }

  // -- counting -----------------------------------------------------------------------------------

  void evaluate() {
    const auto samples = options.test->size();
    auto& now = queue.front();
    const auto parts = now.parts;
    now.ranges_left = parts;
    now.ranges.resize(parts);
    if (now.ranges.empty()) return finish();
    for (std::size_t i = 0; i < now.ranges.size(); ++i) {
      const auto& with = now.statistics;
      self->request(pool, caf::infinite,
                    evaluate_task{{options.run, now.due.version, now.model, options.test,
                                   i * samples / parts, (i + 1) * samples / parts},
                                  with.empty() ? flat_buffer{} : with[i % with.size()]})
          .then([this, i](const evaluated_range& range) { on_range(i, range); });
    }
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
      for (const auto& range : done.ranges) all.add(range);
      const auto n = static_cast<double>(std::max<std::uint64_t>(all.samples, 1));
      self->send(coordinator, evaluation_result{done.due.round, done.due.version, done.due.epoch,
                                                static_cast<double>(all.correct) / n, all.loss / n,
                                                accuracy_by_label(all)});
    } else {
      self->send(coordinator, evaluation_failed{done.due.round, done.failure});
    }
    if (!queue.empty()) start_first();
    take_snapshots();
    if (snapshots > 0 || !waiting_for_room.empty()) return;
    for (auto& promise : waiting_for_end) promise.deliver(done_atom::value);
    waiting_for_end.clear();
  }

  void on_lenders(std::vector<hosted_device_actor> devices) {
    lenders = std::move(devices);
    if (waiting_for_lenders) std::exchange(waiting_for_lenders, nullptr)();
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
  std::vector<hosted_device_actor> lenders;
  /// Continues a snapshot that was taken before the lenders were known.
  std::function<void()> waiting_for_lenders;
  moment_pool measured{manifest{}};
  running_statistics last;
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
  state.init(options, server, pool);
  return {
      [&state](const evaluation_due& m) { return state.on_due(m); },
      [&state](drain_atom) { return state.on_drain(); },
      [&state](statistics_atom) { return state.last; },
      [&state](statistics_lenders& m) { state.on_lenders(std::move(m.devices)); },
  };
}

}  // namespace

evaluator_actor spawn_evaluator(caf::actor_system& system, evaluator_options options,
                                server_actor server, trainer_pool_actor pool) {
  return system.spawn(behavior, std::move(options), std::move(server), std::move(pool));
}

}  // namespace verge
