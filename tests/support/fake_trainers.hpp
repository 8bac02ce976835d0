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

/// What a trainer pool that trains nothing does: it answers with made-up updates.
/// The script is shared by the test and the actor, which run on one thread.
struct trainer_script {
  manifest layout;
  /// Changes the answer to a task; by default it is made_update().
  std::function<void(const train_task&, trained_update&)> alter;
  /// Is shown every evaluation.
  std::function<void(const evaluate_task&)> watches;
  /// Tasks for which it says true get no answer.
  std::function<bool(const train_task&)> ignores;
  /// Evaluations are answered when the pool is sent a returned_atom.
  bool holds_evaluations = false;
  evaluated_range evaluated{{10, 7, 5.0}, {}};

  /// What was asked for.
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
          // The data and the model are the test's business only while the task is done.
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
