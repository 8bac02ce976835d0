#include "verge/runtime/run.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "actors/device/device.hpp"
#include "actors/device/device_states.hpp"
#include "actors/round/modelled_links.hpp"
#include "runtime/plan/batch_check.hpp"
#include "runtime/plan/run_codecs.hpp"
#include "runtime/run/run_actors.hpp"

namespace verge {

namespace {

/// Numbers the runs of this process, so that trainers can distinguish the model versions of
/// different runs.
std::uint64_t next_run_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// Every codec stage that a device of the run must know.
std::vector<std::string> stages_of(const link_codecs& codecs) {
  auto stages = codec_stages(codecs.up);
  if (codecs.sends_steps())
    for (auto& stage : codec_stages(codecs.down)) stages.push_back(std::move(stage));
  return stages;
}

server_actor spawn_server_of(caf::actor_system& system, const run_plan& plan,
                             const link_codecs& codecs) {
  server_options options;
  residual_state owed_down;
  options.layout = plan.model.layout();
  options.rule = plan.how.make_rule();
  if (plan.resumed) {
    auto& server = plan.resumed->server;
    options.initial = std::exchange(server.model, {});
    options.version = server.version;
    options.rule->remember(std::exchange(server.rule, {}));
    owed_down = std::exchange(server.owed_down, {});
  } else {
    options.initial = plan.model.initial_state(plan.seed);
  }
  options.codecs = codecs;
  options.aggregators = plan.threads;
  const auto update =
      options.initial.parameters.size_bytes() + options.initial.statistics.size_bytes();
  options.upload_budget = (plan.threads + 1) * update;
  if (plan.nodes.devices > 0) {
    options.upload_budget = plan.nodes.byte_budget;
    options.download_budget = plan.nodes.byte_budget / 8;
  }
  const auto compressor =
      spawn_compressor(system, plan.model.layout(), codecs, {nullptr, std::move(owed_down)});
  return spawn_server(system, std::move(options), compressor);
}

coordinator_options coordinator_options_of(const run_plan& plan) {
  coordinator_options options;
  options.resumed = plan.resumed;
  options.rounds.seed = plan.seed;
  options.rounds.devices = plan.device_count();
  options.rounds.rounds = plan.rounds;
  options.rounds.epochs = plan.epochs;
  options.rounds.cohort = plan.cohort;
  options.rounds.over_selection = plan.over_selection;
  options.rounds.quorum = plan.quorum;
  options.rounds.equal_weights = plan.equal_weights;
  options.rounds.plan = plan.how.plan;
  const auto floor = batch_floor_of(plan.model);
  options.rounds.least_batch = floor.samples;
  options.rounds.why_least_batch = floor.because;
  options.manifest_hash = plan.model.layout().hash();
  options.codec_stages = stages_of(codecs_of(plan));
  options.deadline = plan.deadline;
  options.evaluate_every = plan.evaluate_every;
  options.early_stop = plan.early_stop;
  options.evaluation_deadline = plan.evaluation_deadline;
  options.counts_bytes = plan.counts_bytes;
  if (plan.nodes.devices == 0) options.checkpoint_every = plan.checkpoint_every;
  options.links = plan.links;
  if (plan.links && plan.links->devices.any_drops_out())
    options.rounds.most_abandoned = plan.nodes.most_abandoned;
  if (plan.nodes.devices > 0) {
    options.rounds.min_devices = plan.nodes.min_devices;
    options.rounds.members_return = true;
    options.rounds.most_abandoned = plan.nodes.most_abandoned;
    options.device_failure_is_fatal = false;
    options.join_deadline = plan.nodes.join_deadline;
    options.return_grace = plan.nodes.return_grace;
    options.resumed_grace = plan.nodes.resumed_grace;
  }
  return options;
}

evaluator_options evaluator_options_of(const run_plan& plan, std::uint64_t run) {
  evaluator_options options{run, plan.model.layout(), plan.test};
  options.batch_norm = plan.batch_norm;
  options.tensors = plan.model.tensors();
  options.calibration = plan.calibration;
  return options;
}

/// The state that all devices of this process share.
std::shared_ptr<device_host> device_host_of(caf::actor_system& system, const run_plan& plan,
                                            std::uint64_t run, const link_codecs& codecs,
                                            const server_actor& server,
                                            const trainer_pool_actor& pool) {
  auto host = std::make_shared<device_host>();
  host->run = run;
  host->layout = plan.model.layout();
  host->manifest_hash = plan.model.layout().hash();
  host->server = server;
  resumed_devices earlier;
  if (plan.resumed) earlier = resume_devices(std::exchange(plan.resumed->devices, {}));
  // These compress on the devices' end of the links. The server has one of its own.
  for (std::uint32_t i = 0; i < std::max(plan.threads, 1u); ++i)
    host->compressors.push_back(
        spawn_compressor(system, plan.model.layout(), codecs, {earlier.residuals, {}}));
  host->memories = earlier.memories;
  host->downloads_steps = codecs.sends_steps();
  host->trainers = pool;
  host->has_controls = plan.model.options().shares_controls;
  if (plan.batch_norm == batch_norm_policy::local)
    host->initial_statistics = plan.model.initial_statistics();
  return host;
}

/// Spawns the devices, which join at once. Tells them to the evaluator, if they lend it their
/// statistics, and to `states`, which may be null.
void spawn_devices(caf::actor_system& system, const run_plan& plan,
                   const std::shared_ptr<const device_host>& host,
                   const coordinator_actor& coordinator, const evaluator_actor& evaluator,
                   const device_states_gatherer& states) {
  const bool lends = plan.batch_norm == batch_norm_policy::local;
  std::vector<hosted_device_actor> remembering;
  for (const auto& data : plan.devices) {
    const auto device = spawn_device(system, host, coordinator, data);
    if (host->keeps_memory()) remembering.push_back(device);
  }
  if (lends) caf::anon_send(evaluator, statistics_lenders{remembering});
  if (states) caf::anon_send(states, remembering_devices{std::move(remembering)});
}

/// Ends a run whose caller has left with an exception.
struct run_guard {
  coordinator_actor coordinator;
  bool ended = false;
  ~run_guard() {
    if (!ended) caf::anon_send_exit(coordinator, caf::exit_reason::kill);
  }
};

}  // namespace

void configure_scheduler(caf::actor_system_config& config, std::uint32_t threads) {
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", std::size_t{threads});
}

run_actors spawn_run_actors(caf::actor_system& system, const run_plan& plan,
                            const trainer_pool_actor& pool,
                            const std::vector<round_listener>& listeners,
                            const checkpoint_keeper_actor& keeper) {
  check_plan(plan);
  const auto run = next_run_number();
  const auto codecs = codecs_of(plan);
  const auto server = spawn_server_of(system, plan, codecs);
  const auto evaluator = spawn_evaluator(system, evaluator_options_of(plan, run), server, pool);
  auto options = coordinator_options_of(plan);
  options.listeners = listeners;
  options.keeper = keeper;
  if (plan.nodes.devices > 0)
    return {spawn_coordinator(system, std::move(options), server, evaluator, pool), server};
  const auto host = device_host_of(system, plan, run, codecs, server, pool);
  device_states_gatherer states;
  if (options.keeper) {
    states = spawn_device_states(system, host->compressors);
    options.device_states = states;
  }
  const auto coordinator = spawn_coordinator(system, std::move(options), server, evaluator, pool);
  spawn_devices(system, plan, host, coordinator, evaluator, states);
  return {coordinator, server};
}

run_actor spawn_run(caf::actor_system& system, const run_plan& plan, const trainer_pool_actor& pool,
                    const std::vector<round_listener>& listeners) {
  return spawn_run_actors(system, plan, pool, listeners).coordinator;
}

run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks,
                          const run_surroundings& surroundings) {
  caf::scoped_actor self{system};
  auto listeners = callbacks.listeners;
  listeners.push_back(caf::actor_cast<round_listener>(self));
  const auto run = spawn_run_actors(system, plan, pool, listeners, surroundings.keeper);
  self->monitor(run.coordinator);
  run_guard guard{run.coordinator};
  if (surroundings.on_begun) surroundings.on_begun(run);
  constexpr auto patience = std::chrono::milliseconds{100};
  std::optional<run_ended> ended;
  bool stopping = false;
  while (!ended) {
    self->receive(
        [&](const run_length& m) {
          if (callbacks.on_length) callbacks.on_length(m);
        },
        [&](const round_result& m) {
          if (callbacks.on_round) callbacks.on_round(m);
        },
        [&](const evaluation_result& m) {
          if (callbacks.on_evaluation) callbacks.on_evaluation(m);
        },
        [&](const run_ended& m) { ended = m; },
        [&](const caf::down_msg&) {
          // run_ended, if the coordinator sent it, would have come before this.
          ended.emplace().failure = "the coordinator of the run has ended without a result";
        },
        caf::after(patience) >> [] {});
    if (!stopping && callbacks.should_stop && callbacks.should_stop()) {
      stopping = true;
      caf::anon_send(run.coordinator, stop_atom::value);
    }
  }
  guard.ended = true;
  if (callbacks.on_ended) callbacks.on_ended(*ended);
  return *ended;
}

run_ended run_until_ended(caf::actor_system& system, const run_plan& plan,
                          const trainer_pool_actor& pool, const run_callbacks& callbacks) {
  return run_until_ended(system, plan, pool, callbacks, {});
}

run_ended run_to_end(caf::actor_system& system, const run_plan& plan,
                     const trainer_pool_actor& pool, const run_callbacks& callbacks) {
  auto ended = run_until_ended(system, plan, pool, callbacks);
  if (!ended.failure.empty()) throw run_failure(ended.failure);
  return ended;
}

}  // namespace verge
