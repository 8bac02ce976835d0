// Role: runs forward and backward passes, one task at a time, on a thread of its own. Spawned by
// the trainer pool and linked to it. No timeouts: a pass only takes as long as its task, and the
// pool leaves out tasks that are past their deadline.

#include "actors/training/trainer.hpp"

#include <ctime>
#include <exception>
#include <optional>

namespace verge {

namespace {

constexpr std::size_t evaluation_batch = 100;

/// Processor time of this thread, which does not include the work of others on the machine.
std::chrono::duration<double> processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

struct trainer_state {
  std::optional<network> recipe;
  std::string torch_device;
  /// Made by the first task, on the thread that will use it.
  std::unique_ptr<learner> replica;
  const char* name = "trainer";

  learner& loaded(std::uint64_t run, model_version version, const model_blocks& model) {
    if (!replica) replica = std::make_unique<learner>(*recipe, torch_device);
    replica->load(run, version, model);
    return *replica;
  }

  trained_update on_train(const training_job& m) {
    trained_update out{m.update, m.moments, {}, {}};
    try {
      auto& ready = loaded(m.task.run, m.task.version, m.task.model);
      const auto before = processor_time();
      out.outcome = ready.train(m.task.work, *m.task.data, m.task.round, out.update, out.moments,
                                m.task.control);
      out.outcome.compute = processor_time() - before;
    } catch (const std::exception& e) {
      return {{}, {}, {}, e.what()};
    }
    return out;
  }

  evaluated_range on_evaluate(const evaluate_task& m) {
    try {
      auto& ready = loaded(m.run, m.version, m.model);
      if (!m.statistics.empty()) ready.use_statistics(m.statistics);
      return {ready.evaluate(*m.data, m.begin, m.end, evaluation_batch), {}};
    } catch (const std::exception& e) {
      return {{}, e.what()};
    }
  }

  measured_moments on_measure(const measure_task& m) {
    try {
      auto& ready = loaded(m.run, m.version, m.model);
      const auto& tensors = recipe->tensors();
      flat_buffer moments{tensors.type(), tensors.statistic_count()};
      ready.measure_moments(*m.data, m.begin, m.end, moments);
      return {moments, {}};
    } catch (const std::exception& e) {
      return {{}, e.what()};
    }
  }
};

trainer_actor::behavior_type behavior(trainer_actor::stateful_pointer<trainer_state> self,
                                      const network& recipe, const std::string& torch_device) {
  auto& state = self->state;
  state.recipe.emplace(recipe);
  state.torch_device = torch_device;
  return {
      [&state](const training_job& m) { return state.on_train(m); },
      [&state](const evaluate_task& m) { return state.on_evaluate(m); },
      [&state](const measure_task& m) { return state.on_measure(m); },
  };
}

}  // namespace

trainer_actor spawn_trainer(caf::local_actor* owner, const network& recipe,
                            const std::string& torch_device) {
  auto spawned = owner->home_system().spawn<caf::detached>(behavior, recipe, torch_device);
  owner->link_to(spawned);
  return spawned;
}

}  // namespace verge
