// Role: the rounds of one run. Spawned by whoever starts the run; monitors the server, the evaluator and
// the trainer pool. When it ends, however it ends, the server and the evaluator end too.
//
// It is a thin shell around round_state (its states are drawn there): events become messages to the
// machine, its commands become messages to actors.
//
//   open    -> begin_round to the server, then open_round to the cohort, then a deadline
//   commit  -> the round to the server, then committed() with its answer
//   abandon -> the same, with abandoned(): the round has missed its quorum and is not in the model
//   wait_for_members -> a deadline
//   close   -> round_outcome to the cohort, round_result to subscribers, evaluation_due, proceed()
//   finish  -> evaluator drained, run_ended to subscribers, end
//   fail    -> run_ended with the reason, end
//
// Over 400 lines: what it is told and what it is to do meet in one state, and each is a few lines.
//
// On timeout: deadline_passed of the open round, or of the wait for members; an evaluation that does not
// end fails the run. Requests to the server have no timeout: it only ever computes, and a monitor tells of
// its end.
// On down of server, evaluator, pool or a device of ours: the run fails with one line. On down of a device
// of another process: it is a member until its grace is over, and asked again when it comes back.
// On a late message: round_state ignores what does not fit the open round.

#include "verge/actors/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "moving_deadline.hpp"

namespace verge {

namespace {

using deadline_atom = caf::atom_constant<caf::atom("deadline")>;
using evaluation_deadline_atom = caf::atom_constant<caf::atom("evaldue")>;
using grace_atom = caf::atom_constant<caf::atom("grace")>;

/// A member's actor has ended.
struct device_gone {
  device_id device;
  caf::actor_addr who;
};

}  // namespace
}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_gone)

namespace verge {
namespace {

struct coordinator_state {
  using private_actor =
      coordinator_actor::extend<caf::reacts_to<deadline_atom>,
                                caf::reacts_to<evaluation_deadline_atom>,
                                caf::reacts_to<device_gone>, caf::reacts_to<grace_atom, device_id>>;
  using pointer = private_actor::stateful_pointer<coordinator_state>;

  explicit coordinator_state(pointer me) : self(me) {}

  void init(coordinator_options o, server_actor s, evaluator_actor e, trainer_pool_actor p) {
    options = std::move(o);
    server = std::move(s);
    evaluator = std::move(e);
    pool = std::move(p);
    rounds = std::make_unique<round_state>(options.rounds);
    handles.resize(options.rounds.devices);
    if (options.rounds.members_return) used_in.resize(options.rounds.devices);
    // No links: the exit message of an actor that was killed would end us without a word.
    self->monitor(server);
    self->monitor(evaluator);
    self->monitor(pool);
    self->attach_functor([s = server, e = evaluator] {
      caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(e, caf::exit_reason::user_shutdown);
    });
    self->set_exit_handler([this](caf::exit_msg& m) { on_gone(m.reason); });
    self->set_down_handler([this](caf::down_msg& m) { on_gone(m.reason); });
    self->set_error_handler([this](caf::error& why) { end_with(self->home_system().render(why)); });
    begun = clock_type::now();
    deadline.set(self, patience_with_members());
  }

  std::chrono::milliseconds patience_with_members() const {
    return options.join_deadline.count() > 0 ? options.join_deadline : options.deadline;
  }

  // -- membership ---------------------------------------------------------------------------------

  sealed<welcome> on_join(const sealed<join>& m, const device_actor& device) {
    bytes_up += m.encoded_size();
    const auto request = unseal(m);
    std::string why = request ? rounds->why_not(*request) : request.reason();
    if (why.empty() && request->manifest_hash != options.manifest_hash)
      why = fmt::format("device {} is set up for another model: its manifest hash differs",
                        request->device.value);
    if (why.empty()) why = why_unknown_codec(*request);
    if (!why.empty() && options.device_failure_is_fatal) end_with(why);
    auto answer = seal(welcome{why, why.empty() ? last_used(request->device) : round_id{}});
    bytes_down += answer.encoded_size();
    if (why.empty()) take_in(*request, device);
    return answer;
  }

  round_id last_used(device_id device) const {
    return used_in.empty() ? round_id{} : used_in[device.value];
  }

  void take_in(const join& request, const device_actor& device) {
    handles[request.device.value] = device;
    absent.erase(request.device);
    if (options.rounds.members_return) self->send(server, forget_upload{request.device});
    tell_when_gone(device, request.device);
    obey(rounds->joined(request.device, request.samples));
  }

  std::string why_unknown_codec(const join& request) const {
    for (const auto& stage : options.codec_stages)
      if (std::count(request.codecs.begin(), request.codecs.end(), stage) == 0)
        return fmt::format("device {} does not know codec '{}'", request.device.value, stage);
    return {};
  }

  /// Cheaper than a monitor, whose down message would have to be looked up among all members.
  void tell_when_gone(const device_actor& device, device_id id) {
    const auto me =
        caf::actor_cast<caf::weak_actor_ptr>(caf::actor_cast<caf::strong_actor_ptr>(self));
    device->attach_functor([me, id, who = device.address()] {
      if (const auto alive = caf::actor_cast<private_actor>(me))
        caf::anon_send(alive, device_gone{id, who});
    });
  }

  void on_device_gone(const device_gone& gone) {
    const auto id = gone.device;
    if (ended || !handles[id.value] || handles[id.value].address() != gone.who) return;
    handles[id.value] = device_actor{};
    if (options.device_failure_is_fatal)
      return end_with(
          fmt::format("round {}: device {} has ended", rounds->round().value, id.value));
    if (options.return_grace.count() == 0) return let_go(id);
    absent[id] = self->clock().now() + options.return_grace;
    self->delayed_send(self, options.return_grace, grace_atom::value, id);
  }

  void on_grace_over(device_id id) {
    // It may have come back, and gone again, since this grace began.
    const auto found = absent.find(id);
    if (ended || found == absent.end() || self->clock().now() < found->second) return;
    absent.erase(found);
    let_go(id);
  }

  void let_go(device_id id) {
    self->send(server, forget_upload{id});
    obey(rounds->left(id, fmt::format("device {} has ended", id.value)));
  }

  void on_work_failed(const sealed<work_failed>& m) {
    bytes_up += m.encoded_size();
    const auto report = unseal(m);
    if (!report) return;
    // A device that could not read its order cannot name the round; it is in no other one.
    const auto round = report->round.value == 0 ? rounds->round() : report->round;
    if (report->unusable)
      return obey(rounds->update_refused(round, report->device, report->reason));
    if (options.device_failure_is_fatal && rounds->awaits(round, report->device))
      return end_with(fmt::format("round {}: device {}: {}", round.value, report->device.value,
                                  report->reason));
    obey(rounds->work_failed(round, report->device, report->reason));
  }

  // -- carrying out what the machine decides --------------------------------------------------------

  void obey(round_commands commands) {
    if (ended) return;
    for (auto& c : commands) std::visit([this](auto& one) { carry_out(one); }, c);
  }

  void carry_out(command::open& open) {
    version_asked.reset();
    deadline.set(self, options.deadline);
    std::vector<device_id> cohort;
    for (const auto& asked : open.cohort) cohort.push_back(asked.device);
    const auto round = open.round;
    const auto work = open.work;
    self->request(server, caf::infinite, begin_round{round, work, std::move(open.cohort)})
        .then([this, round, work, cohort = std::move(cohort)](model_version from) {
          if (ended) return;
          const auto message = seal(open_round{round, from, work, options.deadline});
          for (const auto device : cohort) tell_device(device, message);
          // From here the devices count, so from here we do.
          deadline.set(self, options.deadline);
          version_asked = from;
          closes_at = self->clock().now() + options.deadline;
        });
  }

  void carry_out(command::ask_again& again) {
    // Still being opened: the device is asked with the others.
    if (!version_asked) return;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(closes_at - self->clock().now());
    if (left.count() < 1) return;
    tell_device(again.device, seal(open_round{again.round, *version_asked, again.work, left}));
  }

  template <class Message>
  void tell_device(device_id device, const Message& message) {
    const auto& handle = handles[device.value];
    if (!handle) return;
    self->send(handle, message);
    bytes_down += message.encoded_size();
  }

  void on_deadline() {
    if (deadline.on_message(self)) obey(rounds->deadline_passed(rounds->round()));
  }

  void carry_out(command::commit& commit) {
    self->request(server, caf::infinite, commit.round)
        .then([this, round = commit.round](const committed_round& done) {
          on_committed(round, done);
        });
  }

  void carry_out(command::abandon& abandon) {
    self->request(server, caf::infinite, abandon_round{abandon.round})
        .then([this, round = abandon.round](const committed_round& done) {
          if (ended) return;
          count_bytes(done);
          obey(rounds->abandoned(round));
        });
  }

  void carry_out(command::wait_for_members&) { deadline.set(self, patience_with_members()); }

  void count_bytes(const committed_round& done) {
    bytes_up += done.bytes_up;
    bytes_down += done.bytes_down;
  }

  void on_committed(round_id round, const committed_round& done) {
    if (ended) return;
    if (!done.failure.empty()) return end_with(done.failure);
    version = done.version;
    count_bytes(done);
    obey(rounds->committed(round, done.updates));
  }

  void carry_out(command::close& close) {
    round_result line;
    line.round = close.round;
    line.version = version;
    line.epoch = close.epoch;
    line.cohort = static_cast<std::uint32_t>(close.outcomes.size());
    line.train_loss = close.train_loss;
    for (const auto& outcome : close.outcomes) {
      const auto message = seal(round_outcome{close.round, outcome.fate, outcome.reason, version});
      tell_device(outcome.device, message);
      ++count_of(line, outcome.fate);
      if (outcome.fate == update_fate::used && !used_in.empty())
        used_in[outcome.device.value] = close.round;
    }
    if (options.counts_bytes) {
      line.bytes_up = bytes_up;
      line.bytes_down = bytes_down;
    }
    bytes_up = bytes_down = 0;
    line.wall = clock_type::now() - begun;
    line.evaluated = is_evaluated(close.round);
    tell(line);
    if (line.evaluated)
      evaluate_then_proceed(line);
    else
      obey(rounds->proceed());
  }

  /// The last round always is, also when it is the last because of a stop.
  bool is_evaluated(round_id round) const {
    if (stopping || round.value == options.rounds.rounds) return true;
    return options.evaluate_every > 0 && round.value % options.evaluate_every == 0;
  }

  /// The evaluator answers when it holds the snapshot, so the next round never waits for an evaluation,
  /// only for room.
  void evaluate_then_proceed(const round_result& line) {
    ask_evaluator(evaluation_due{line.round, version, line.epoch},
                  [this] { obey(rounds->proceed()); });
  }

  template <class Question, class Then>
  void ask_evaluator(const Question& question, Then then) {
    evaluation_deadline.set(self, options.evaluation_deadline);
    self->request(evaluator, caf::infinite, question).then([this, then](done_atom) {
      evaluation_deadline.clear();
      if (!ended) then();
    });
  }

  void on_evaluation_deadline() {
    if (evaluation_deadline.on_message(self))
      end_with(fmt::format("round {}: an evaluation has not ended in {} s", rounds->round().value,
                           std::chrono::duration<double>(options.evaluation_deadline).count()));
  }

  static std::uint32_t& count_of(round_result& line, update_fate fate) {
    switch (fate) {
      case update_fate::used:
        return line.used;
      case update_fate::late:
        return line.late;
      case update_fate::refused:
        return line.refused;
      case update_fate::lost:
        break;
    }
    return line.lost;
  }

  // -- the end --------------------------------------------------------------------------------------

  void on_stop() {
    stopping = true;
    obey(rounds->stop());
  }

  void carry_out(command::finish&) {
    ask_evaluator(drain_atom::value, [this] { end_with({}); });
  }

  void carry_out(command::fail& fail) { end_with(fail.reason); }

  void on_gone(const caf::error& reason) {
    end_with(fmt::format("an actor of the run has ended: {}", self->home_system().render(reason)));
  }

  void on_evaluation_failed(const evaluation_failed& m) {
    end_with(fmt::format("evaluation of round {}: {}", m.round.value, m.reason));
  }

  void end_with(std::string failure) {
    if (ended) return;
    ended = true;
    // The subscribers get the model that was committed last; without a server there is none to get.
    self->request(server, caf::infinite, snapshot_atom::value)
        .then([this, failure](const model_snapshot& model) { say_goodbye(model, failure); },
              [this, failure](const caf::error&) { say_goodbye({}, failure); });
  }

  void say_goodbye(const model_snapshot& model, const std::string& failure) {
    const auto committed = static_cast<std::uint32_t>(model.version.value);
    tell(
        run_ended{model, committed, failure.empty() && committed < options.rounds.rounds, failure});
    // Devices hear of our end through their monitor.
    self->quit(caf::exit_reason::user_shutdown);
  }

  template <class Event>
  void tell(const Event& event) {
    for (const auto& listener : listeners) self->send(listener, event);
  }

  pointer self;
  coordinator_options options;
  server_actor server;
  evaluator_actor evaluator;
  trainer_pool_actor pool;
  std::unique_ptr<round_state> rounds;
  /// By device number.
  std::vector<device_actor> handles;
  std::vector<round_listener> listeners;
  /// By device number, where members may come back: the last round that used its update.
  std::vector<round_id> used_in;

  /// Members whose connection has ended, and until when they may come back.
  std::map<device_id, caf::actor_clock::time_point> absent;

  model_version version;
  /// That the cohort of the open round begins from, once it has been asked.
  std::optional<model_version> version_asked;
  caf::actor_clock::time_point closes_at;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  clock_type::time_point begun;
  moving_deadline<deadline_atom> deadline;
  moving_deadline<evaluation_deadline_atom> evaluation_deadline;
  bool stopping = false;
  bool ended = false;
  const char* name = "coordinator";
};

coordinator_state::private_actor::behavior_type behavior(coordinator_state::pointer self,
                                                         const coordinator_options& options,
                                                         const server_actor& server,
                                                         const evaluator_actor& evaluator,
                                                         const trainer_pool_actor& pool) {
  auto& state = self->state;
  state.init(options, server, evaluator, pool);
  return {
      [&state](const sealed<join>& m, const device_actor& who) { return state.on_join(m, who); },
      [&state](const sealed<work_failed>& m) { state.on_work_failed(m); },
      [&state](const moved_bytes& m) {
        state.bytes_up += m.up;
        state.bytes_down += m.down;
      },
      [&state](const update_settled& m) {
        state.obey(m.counted ? state.rounds->update_counted(m.round, m.device)
                             : state.rounds->update_refused(m.round, m.device, m.reason));
      },
      [&state](const round_listener& who) { state.listeners.push_back(who); },
      [&state](const evaluation_result& m) { state.tell(m); },
      [&state](const evaluation_failed& m) { state.on_evaluation_failed(m); },
      [&state](stop_atom) { state.on_stop(); },
      [&state](deadline_atom) { state.on_deadline(); },
      [&state](evaluation_deadline_atom) { state.on_evaluation_deadline(); },
      [&state](const device_gone& m) { state.on_device_gone(m); },
      [&state](grace_atom, device_id m) { state.on_grace_over(m); },
  };
}

}  // namespace

coordinator_actor spawn_coordinator(caf::actor_system& system, coordinator_options options,
                                    server_actor server, evaluator_actor evaluator,
                                    trainer_pool_actor pool) {
  return system.spawn(behavior, std::move(options), std::move(server), std::move(evaluator),
                      std::move(pool));
}

}  // namespace verge
