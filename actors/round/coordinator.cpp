// Role: the rounds of one run. Spawned by whoever starts the run. It monitors the server, the
// evaluator and the trainer pool. However it ends, the server and the evaluator end too.
//
// It is a thin shell around round_state, where the states are drawn: events become calls of the
// state machine, and its commands become messages to actors.
//
//   open    -> begin_round to the server, then open_round to the cohort, then a deadline
//   commit  -> the round to the server, then committed() with its answer
//   abandon -> the same, with abandoned(): the round has missed its quorum and is not in the model
//   wait_for_members -> a deadline
//   close   -> a checkpoint to its keeper, once earlier rounds are evaluated; then round_outcome to
//              the cohort, round_result to listeners, evaluation_due, proceed()
//   finish  -> evaluator drained, run_ended to listeners, end
//   fail    -> run_ended with the reason, end
//
// This file has more than 400 lines because events and commands meet in one state. Each of them
// takes a few lines.
//
// If a rule may end the run early, the next round waits for the evaluation that decides about it.
//
// A resumed run begins with the result of the round in its checkpoint. Devices may not have been
// told what became of that round's updates; their welcome says so. Devices of this process have to
// join first, because the evaluation of the round may ask for the statistics that their settled
// updates lead to.
//
// On timeout: deadline_passed of the open round, or of the wait for members. An evaluation that
// does not end, or a checkpoint that is not kept, fails the run. Requests to the server have no
// timeout: it only computes, and a monitor reports its end.
// On down of server, evaluator, pool or a device of this process: the run fails with one line. On
// down of a device of another process: the device stays a member until its grace is over, and is
// asked again when it comes back.
// On a late message: round_state ignores what does not fit the open round.

#include "actors/round/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/round/closed_round.hpp"
#include "actors/round/member_links.hpp"
#include "actors/round/round_account.hpp"
#include "actors/support/moving_deadline.hpp"
#include "messages/kill_point.hpp"

namespace verge {

namespace {

using deadline_atom = caf::atom_constant<caf::atom("deadline")>;
using waiting_atom = caf::atom_constant<caf::atom("waiting")>;
using patience_atom = caf::atom_constant<caf::atom("patience")>;
using grace_atom = caf::atom_constant<caf::atom("grace")>;
using all_back_atom = caf::atom_constant<caf::atom("all_back")>;

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
      coordinator_actor::extend<caf::reacts_to<deadline_atom>, caf::reacts_to<waiting_atom>,
                                caf::reacts_to<patience_atom>, caf::reacts_to<device_gone>,
                                caf::reacts_to<grace_atom, device_id>,
                                caf::reacts_to<all_back_atom>>;
  using pointer = private_actor::stateful_pointer<coordinator_state>;

  explicit coordinator_state(pointer me) : self(me) {}

  void init(coordinator_options o, server_actor s, evaluator_actor e, trainer_pool_actor p) {
    options = std::move(o);
    server = std::move(s);
    evaluator = std::move(e);
    pool = std::move(p);
    rounds = std::make_unique<round_state>(options.rounds);
    account = {options.counts_bytes, options.links};
    links = std::make_unique<member_links>(options.rounds.devices,
                                           options.rounds.members_return || options.keeper);
    // Monitors instead of links: the exit message of an actor that was killed would end this one
    // silently.
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
    listeners = options.listeners;
    begun = clock_type::now();
    last_kept = self->clock().now();
    if (options.resumed) return resume(*options.resumed);
    wait_for_members();
  }

  void resume(const run_checkpoint& kept) {
    rounds->resume(kept.rounds);
    version = kept.server.version;
    links->resume(kept.used_in);
    account.resume(kept.line);
    begun -= std::chrono::duration_cast<clock_type::duration>(kept.line.wall);
    // Without a grace, only the deadline of the wait for members applies.
    const auto grace = options.resumed_grace.value_or(options.return_grace);
    for (std::uint32_t i = 0; i < kept.rounds.members.size(); ++i)
      if (kept.rounds.members[i] > 0 && grace.count() > 0) wait_for_return(device_id{i}, grace);
    tell(rounds->length());
    tests = kept.tests;
    if (options.rounds.members_return)
      go_on_after(kept.line);
    else
      resumed_line = kept.line;
  }

  void wait_for_members() {
    deadline.clear();
    waiting.set(self, options.join_deadline.count() > 0 ? options.join_deadline : options.deadline);
  }

  // -- membership ---------------------------------------------------------------------------------

  sealed<welcome> on_join(const sealed<join>& m, const device_actor& device) {
    // In a resumed run, devices of this process joined in the earlier process, and those bytes were
    // counted in round 1.
    const bool counts = !options.resumed || options.rounds.members_return;
    if (counts) account.up(m.encoded_size());
    const auto request = unseal(m);
    std::string why = request ? rounds->why_not(*request) : request.reason();
    if (why.empty() && request->manifest_hash != options.manifest_hash)
      why = fmt::format("device {} is set up for another model: its manifest hash differs",
                        request->device.value);
    if (why.empty()) why = why_unknown_codec(*request);
    if (!why.empty() && options.device_failure_is_fatal) end_with(why);
    auto answer = seal(welcome{why, why.empty() ? links->last_used(request->device) : round_id{}});
    if (counts) account.down(answer.encoded_size());
    if (why.empty()) take_in(*request, device);
    return answer;
  }

  void take_in(const join& request, const device_actor& device) {
    links->joined(request.device, device);
    if (options.rounds.members_return) self->send(server, forget_device{request.device});
    tell_when_gone(device, request.device);
    obey(rounds->joined(request.device, request.samples));
    // Sent as a message so that it comes after the welcome that answers this join.
    if (resumed_line && rounds->has_all_back()) self->send(self, all_back_atom::value);
  }

  void on_all_back() {
    if (!ended && resumed_line) go_on_after(*std::exchange(resumed_line, std::nullopt));
  }

  std::string why_unknown_codec(const join& request) const {
    for (const auto& stage : options.codec_stages)
      if (std::count(request.codecs.begin(), request.codecs.end(), stage) == 0)
        return fmt::format("device {} does not know codec '{}'", request.device.value, stage);
    return {};
  }

  /// Cheaper than a monitor, whose down message would require a search among all members.
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
    if (ended || !links->ended(id, gone.who)) return;
    if (options.device_failure_is_fatal)
      return end_with(
          fmt::format("round {}: device {} has ended", rounds->round().value, id.value));
    // No other device should wait for what it has begun, whether it comes back or not.
    self->send(server, forget_device{id});
    if (options.return_grace.count() == 0) return let_go(id);
    wait_for_return(id, options.return_grace);
  }

  void wait_for_return(device_id id, std::chrono::milliseconds grace) {
    links->wait_for(id, self->clock().now() + grace);
    self->delayed_send(self, grace, grace_atom::value, id);
  }

  void on_grace_over(device_id id) {
    if (!ended && links->is_gone(id, self->clock().now())) let_go(id);
  }

  void let_go(device_id id) {
    obey(rounds->left(id, fmt::format("device {} has ended", id.value)));
  }

  void on_work_failed(const sealed<work_failed>& m) {
    account.up(m.encoded_size());
    const auto report = unseal(m);
    if (!report) return;
    // A device that could not read its order cannot name the round. It can only be in the open one.
    const auto round = report->round.value == 0 ? rounds->round() : report->round;
    const auto reason = fmt::format("device {}: {}", report->device.value, report->reason);
    if (report->unusable) return obey(rounds->update_refused(round, report->device, reason));
    if (options.device_failure_is_fatal && rounds->awaits(round, report->device))
      return fail_with(fmt::format("round {}: {}", round.value, reason));
    obey(rounds->work_failed(round, report->device, reason));
  }

  // -- carrying out what the machine decides ------------------------------------------------------

  void obey(round_commands commands) {
    if (ended || failing) return;
    for (auto& c : commands) std::visit([this](auto& one) { carry_out(one); }, c);
  }

  void carry_out(command::open& open) {
    if (open.round.value == 1) tell(rounds->length());
    version_asked.reset();
    waiting.clear();
    deadline.set(self, options.deadline);
    std::vector<device_id> cohort, gone;
    for (const auto& asked : open.cohort)
      (drops_out(open.round, asked.device) ? gone : cohort).push_back(asked.device);
    const auto round = open.round;
    const auto work = open.work;
    self->request(server, caf::infinite,
                  begin_round{round, work, std::move(open.cohort), open.all_weight})
        .then([this, round, work, cohort = std::move(cohort),
               gone = std::move(gone)](model_version from) {
          if (ended) return;
          const auto message = seal(open_round{round, from, work, options.deadline});
          account.ordered(message.encoded_size());
          for (const auto device : cohort) {
            tell_device(device, message);
            kill_point("cohort asked");
          }
          // The devices count from this moment, so the coordinator does too.
          deadline.set(self, options.deadline);
          version_asked = from;
          closes_at = self->clock().now() + options.deadline;
          for (const auto device : gone)
            obey(rounds->work_failed(
                round, device,
                fmt::format("device {} has dropped out, as its link's model says", device.value)));
        });
  }

  bool drops_out(round_id round, device_id device) const {
    return options.links && options.links->devices.drops_out(round, device);
  }

  void carry_out(command::ask_again& again) {
    // The round is still being opened, and the device is asked with the others.
    if (!version_asked) return;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(closes_at - self->clock().now());
    if (left.count() < 1) return;
    tell_device(again.device, seal(open_round{again.round, *version_asked, again.work, left}));
  }

  template <class Message>
  void tell_device(device_id device, const Message& message) {
    const auto& handle = (*links)[device];
    if (!handle) return;
    self->send(handle, message);
    account.down(message.encoded_size());
  }

  template <class Deadline>
  void on_deadline(Deadline& one) {
    if (one.on_message(self)) obey(rounds->deadline_passed(rounds->round()));
  }

  void carry_out(command::commit& commit) {
    kill_point("barrier");
    self->request(server, caf::infinite, commit_round{commit.round})
        .then([this, round = commit.round](const committed_round& done) {
          on_committed(round, done);
        });
  }

  void carry_out(command::abandon& abandon) {
    self->request(server, caf::infinite, abandon_round{abandon.round})
        .then([this, round = abandon.round](const committed_round& done) {
          if (ended) return;
          account.take(done);
          obey(rounds->abandoned(round));
        });
  }

  void carry_out(command::wait_for_members&) { wait_for_members(); }

  void on_committed(round_id round, const committed_round& done) {
    if (ended) return;
    if (!done.failure.empty()) return fail_with(done.failure);
    version = done.version;
    account.take(done);
    obey(rounds->committed(round, done.updates));
  }

  void carry_out(command::close& close) {
    auto closed = close_round(close, version, *links);
    account.down(closed.bytes_down());
    auto& line = closed.line;
    account.close(line);
    line.wall = clock_type::now() - begun;
    line.evaluated = is_evaluated(close.round);
    if (!is_kept(close.round)) return publish(closed);
    // A resumed run has only the last model, so everything about earlier ones has to be in the
    // ledger by now.
    wait_for_tests([this, closed = std::move(closed)] { keep(closed); });
  }

  bool is_kept(round_id round) const {
    if (!options.keeper || options.checkpoint_every == 0) return false;
    if (stopping) return true;
    if (options.checkpoint_every) return round.value % *options.checkpoint_every == 0;
    constexpr std::chrono::minutes pause{1};
    return self->clock().now() - last_kept >= pause;
  }

  void keep(const closed_round& closed) {
    kill_point("committed");
    self->request(server, caf::infinite, checkpoint_atom::value)
        .then([this, closed](const server_checkpoint& state) {
          if (ended) return;
          const run_checkpoint all{
              state, rounds->so_far(), closed.used_in(*links), closed.line, tests, {}};
          if (!options.device_states) return keep(closed, all);
          wait_for<device_states>(options.device_states, checkpoint_atom::value,
                                  "what the devices keep has not been gathered",
                                  [this, closed, all](const device_states& devices) {
                                    auto whole = all;
                                    whole.devices = devices;
                                    keep(closed, whole);
                                  });
        });
  }

  void keep(const closed_round& closed, const run_checkpoint& all) {
    wait_for<std::string>(options.keeper, all, "the checkpoint has not been written",
                          [this, closed](const std::string& failure) {
                            if (!failure.empty()) return end_with(failure);
                            last_kept = self->clock().now();
                            kill_point("checkpoint kept");
                            publish(closed);
                          });
  }

  /// Tells the cohort what became of its updates. From here on devices that join are told, too.
  void publish(const closed_round& closed) {
    for (const auto& outcome : closed.outcomes) {
      if (outcome.fate == update_fate::used) links->used(outcome.device, closed.line.round);
      const auto& handle = (*links)[outcome.device];
      if (!handle) continue;
      self->send(handle, outcome.message);
      // The device has come back since the round was closed.
      if (!outcome.is_counted) account.down(outcome.message.encoded_size());
      kill_point("outcome told");
    }
    go_on_after(closed.line);
  }

  void go_on_after(round_result line) {
    abandoned = line.round.value - static_cast<std::uint32_t>(line.version.value);
    last_missed = line.missed;
    last_was_committed = line.used > 0;
    // The order to stop may have come since the round was closed.
    if (stopping && !line.evaluated) line.evaluated = line.evaluated_at_stop = true;
    tell(line);
    if (line.evaluated)
      evaluate_then_proceed(line);
    else
      obey(rounds->proceed());
  }

  /// The last round always is evaluated.
  bool is_evaluated(round_id round) const {
    const auto& length = rounds->length();
    if (round.value == length.rounds) return true;
    const auto every = options.evaluate_every.value_or(length.rounds_an_epoch());
    return every > 0 && round.value % every == 0;
  }

  /// The evaluator answers when it has taken the snapshot. So the next round waits only for room
  /// for a snapshot, or for the evaluation if that may end the run.
  void evaluate_then_proceed(const round_result& line) {
    evaluated = version;
    wait_for<done_atom>(evaluator, evaluation_due{line.round, version, line.epoch},
                        "an evaluation has not ended", [this](done_atom) {
                          if (!options.early_stop.any()) return obey(rounds->proceed());
                          wait_for_tests([this] { proceed_unless_ended(); });
                        });
  }

  void proceed_unless_ended() {
    if (!stopping && !rounds->has_had_all_rounds()) ended_by = tests.reached(options.early_stop);
    if (ended_by != stop_rule::none) obey(rounds->stop());
    obey(rounds->proceed());
  }

  /// A round without a commit leaves the model as it was, so a result that is no better does not
  /// count as an evaluation without improvement.
  void on_evaluated(const evaluation_result& m) {
    if (last_was_committed || m.accuracy > tests.best) tests.add(m.accuracy);
    tell(m);
  }

  template <class Then>
  void wait_for_tests(Then then) {
    wait_for<done_atom>(evaluator, drain_atom::value, "an evaluation has not ended",
                        [then](done_atom) { then(); });
  }

  /// Sends a request without which the rounds cannot continue. Only one at a time.
  template <class Answer, class Whom, class Question, class Then>
  void wait_for(const Whom& whom, const Question& question, const char* complaint, Then then) {
    missing = complaint;
    patience.set(self, options.evaluation_deadline);
    self->request(whom, caf::infinite, question).then([this, then](const Answer& answer) {
      patience.clear();
      if (!ended) then(answer);
    });
  }

  void on_patience_over() {
    if (patience.on_message(self))
      end_with(fmt::format("round {}: {} in {} s", rounds->round().value, missing,
                           std::chrono::duration<double>(options.evaluation_deadline).count()));
  }

  // -- the end ------------------------------------------------------------------------------------

  void on_stop() {
    stopping = true;
    obey(rounds->stop());
  }

  /// The last version is always evaluated, because recalibrated statistics have to be those of that
  /// version.
  void carry_out(command::finish&) {
    // Whoever stops a run knows that it is short. A run that had all its rounds and committed none
    // has failed.
    if (version.value == 0 && !stopping && last_missed)
      return end_with(fmt::format("round {} {}; no round was committed", rounds->round().value,
                                  text_of(*last_missed)));
    if (version.value == 0 || evaluated == version) return drain_and_end();
    evaluated = version;
    wait_for<done_atom>(evaluator, evaluation_due{rounds->round(), version, rounds->so_far().epoch},
                        "an evaluation has not ended", [this](done_atom) { drain_and_end(); });
  }

  void drain_and_end() {
    wait_for_tests([this] { end_with({}); });
  }

  void carry_out(command::fail& fail) { fail_with(fail.reason); }

  /// Ends the run once the evaluations of earlier rounds have ended, so that the ledger does not
  /// depend on how long they take.
  void fail_with(std::string reason) {
    if (std::exchange(failing, true)) return;
    deadline.clear();
    wait_for_tests([this, reason = std::move(reason)] { end_with(reason); });
  }

  void on_gone(const caf::error& reason) {
    end_with(fmt::format("an actor of the run has ended: {}", self->home_system().render(reason)));
  }

  void on_evaluation_failed(const evaluation_failed& m) {
    end_with(fmt::format("evaluation of round {}: {}", m.round.value, m.reason));
  }

  void end_with(std::string failure) {
    if (ended) return;
    ended = true;
    // The listeners get the model that was committed last. Without a server there is none.
    self->request(server, caf::infinite, snapshot_atom::value)
        .then([this, failure](const model_snapshot& model) { complete(model, failure); },
              [this, failure](const caf::error&) { say_goodbye({}, failure); });
  }

  /// Adds the running statistics that the evaluator measured last, if they belong to this version.
  void complete(model_snapshot model, const std::string& failure) {
    self->request(evaluator, caf::infinite, statistics_atom::value)
        .then(
            [this, model, failure](const running_statistics& last) mutable {
              if (!last.values.empty() && last.version == model.version)
                model.state.statistics = last.values;
              say_goodbye(model, failure);
            },
            [this, model, failure](const caf::error&) { say_goodbye(model, failure); });
  }

  void say_goodbye(const model_snapshot& model, const std::string& failure) {
    kill_point("last round over");
    run_ended end;
    end.model = model;
    end.rounds = static_cast<std::uint32_t>(model.version.value);
    end.abandoned = abandoned;
    end.ended_by = ended_by;
    end.stopped_early =
        failure.empty() && ended_by == stop_rule::none && !rounds->has_had_all_rounds();
    end.failure = failure;
    end.away = links->away();
    tell(end);
    // Devices notice the end through their monitor.
    self->quit(caf::exit_reason::user_shutdown);
  }

  void take_in(const round_listener& who) {
    listeners.push_back(who);
    if (rounds->round().value > 0) self->send(who, rounds->length());
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
  std::unique_ptr<member_links> links;
  std::vector<round_listener> listeners;

  model_version version;
  /// The version that the evaluator got last.
  model_version evaluated;
  /// The version that the open round's cohort begins from; unset until the cohort is asked.
  std::optional<model_version> version_asked;
  caf::actor_clock::time_point closes_at;
  /// Rounds that were closed without a commit. `last_missed`: how the round that was closed last
  /// missed its quorum, if it did.
  std::uint32_t abandoned = 0;
  std::optional<missed_quorum> last_missed;
  /// The ledger line of the checkpoint's round, until the devices of this process have joined
  /// again.
  std::optional<round_result> resumed_line;
  round_account account;
  clock_type::time_point begun;
  caf::actor_clock::time_point last_kept;
  /// Deadlines of the open round and of the wait for members. The wait may be as long as many
  /// rounds.
  moving_deadline<deadline_atom> deadline;
  moving_deadline<waiting_atom> waiting;
  /// Deadline of wait_for(), and the complaint when it passes.
  moving_deadline<patience_atom> patience;
  const char* missing = "";
  tests_so_far tests;
  /// Whether the round that was closed last was committed. If a rule may end the run, the
  /// evaluation of that round comes before the next round opens.
  bool last_was_committed = false;
  stop_rule ended_by = stop_rule::none;
  bool stopping = false;
  /// The run has failed and waits for the last evaluations.
  bool failing = false;
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
        state.account.up(m.up);
        state.account.down(m.down);
      },
      [&state](const update_settled& m) {
        state.obey(m.counted ? state.rounds->update_counted(m.round, m.device)
                             : state.rounds->update_refused(m.round, m.device, m.reason));
      },
      [&state](const round_listener& who) { state.take_in(who); },
      [&state](const evaluation_result& m) { state.on_evaluated(m); },
      [&state](const evaluation_failed& m) { state.on_evaluation_failed(m); },
      [&state](stop_atom) { state.on_stop(); },
      [&state](deadline_atom) { state.on_deadline(state.deadline); },
      [&state](waiting_atom) { state.on_deadline(state.waiting); },
      [&state](patience_atom) { state.on_patience_over(); },
      [&state](const device_gone& m) { state.on_device_gone(m); },
      [&state](grace_atom, device_id m) { state.on_grace_over(m); },
      [&state](all_back_atom) { state.on_all_back(); },
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
