#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "actors/training/training_events.hpp"
#include "support/made_updates.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge::test {

/// The script of a trainer pool that trains nothing and answers with made-up updates. The test and
/// the actor share it, and both run on one thread.
struct trainer_script {
  manifest layout;
  /// Changes the answer to a task; by default it is made_update().
  std::function<void(const train_task&, trained_update&)> alter;
  /// Called with every evaluation.
  std::function<void(const evaluate_task&)> watches;
  /// A task for which it returns true gets no answer.
  std::function<bool(const train_task&)> ignores;
  /// Whether evaluations are only answered when the pool gets a returned_atom.
  bool holds_evaluations = false;
  evaluated_range evaluated{{10, 7, 5.0}, {}};

  /// The tasks and the versions that the pool was given.
  std::vector<train_task> trained;
  std::vector<model_version> evaluated_versions;
  using evaluate_promise = caf::typed_response_promise<evaluated_range>;
  std::vector<evaluate_promise> held;
};

inline trained_update scripted_answer(trainer_script& script, const train_task& task) {
  const training_outcome outcome{task.data->samples(task.work), task.data->steps(task.work),
                                 0.5 + task.data->device().value};
  auto made = made_update(script.layout, task.data->device(), task.round, outcome);
  if (script.alter) script.alter(task, made);
  return made;
}

inline trainer_pool_actor spawn_fake_trainers(caf::actor_system& system,
                                              std::shared_ptr<trainer_script> script) {
  return system.spawn([script](
                          trainer_pool_actor::pointer self) -> trainer_pool_actor::behavior_type {
    return {
        [=](const train_task& task) -> caf::result<trained_update> {
          // The record does not keep the model, which a test may use only while the task is done.
          script->trained.push_back(task);
          script->trained.back().model = {};
          auto promise = self->make_response_promise<caf::typed_response_promise<trained_update>>();
          if (!script->ignores || !script->ignores(task))
            promise.deliver(scripted_answer(*script, task));
          return promise;
        },
        [=](const evaluate_task& task) -> caf::result<evaluated_range> {
          script->evaluated_versions.push_back(task.version);
          if (script->watches) script->watches(task);
          auto promise = self->make_response_promise<trainer_script::evaluate_promise>();
          if (script->holds_evaluations)
            script->held.push_back(promise);
          else
            promise.deliver(script->evaluated);
          return promise;
        },
        [=](const measure_task&) {
          return measured_moments{{}, "no trainer here measures"};
        },
        [=](returned_atom) {
          for (auto& promise : std::exchange(script->held, {})) promise.deliver(script->evaluated);
        },
    };
  });
}

}  // namespace verge::test
