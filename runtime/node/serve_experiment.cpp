#include "verge/runtime/serve_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/round/run_checkpoint.hpp"
#include "model/data/labels_hash.hpp"
#include "runtime/experiment/trial.hpp"
#include "runtime/experiment/words.hpp"
#include "runtime/keys/private_key.hpp"
#include "runtime/node/failure_digest.hpp"
#include "runtime/node/node_log.hpp"
#include "runtime/node/node_system.hpp"
#include "runtime/plan/arm_plan.hpp"
#include "runtime/plan/remarks.hpp"
#include "runtime/plan/run_codecs.hpp"
#include "runtime/plan/warm_up_note.hpp"
#include "runtime/run/pool_guard.hpp"
#include "runtime/run/run_directory.hpp"
#include "verge/runtime/node_device.hpp"

namespace verge {

namespace {

/// How long devices may take to leave when the run is over.
constexpr std::chrono::seconds farewell{5};

/// Throws bad_input for several seeds or a sweep, because a server trains once.
void expect_one_training(const experiment& chosen) {
  if (!chosen.repeats()) return;
  const auto trials = trials_of(chosen);
  const auto one = std::find_if(trials.begin(), trials.end(), [](const auto& training) {
    return training.options.strategy != strategy_kind::centralized;
  });
  throw bad_input(fmt::format(
      "the experiment trains each arm more than once, for its seeds or its sweep; expected --arm "
      "with the name of one training, such as {}",
      (one == trials.end() ? trials.front() : *one).options.name));
}

/// The experiment with only the arm to serve. Throws bad_input where that is not exactly one arm.
experiment part_to_serve(const experiment& what, const std::string& name) {
  auto part = chosen_part(what, name.empty() ? std::vector<std::string>{} : std::vector{name});
  expect_one_training(part);
  std::erase_if(part.arms,
                [](const auto& arm) { return arm.strategy == strategy_kind::centralized; });
  if (part.arms.size() == 1) return part;
  if (part.arms.empty())
    throw bad_input(
        name.empty()
            ? "the experiment has no arm with devices; expected a large_batch or federated one"
            : fmt::format("--arm {}: is centralized, which has no devices; expected a "
                          "large_batch or federated arm",
                          name));
  std::string names;
  for (const auto& arm : part.arms) names += (names.empty() ? "" : ", ") + arm.name;
  throw bad_input(
      fmt::format("the experiment has several arms with devices; expected --arm with "
                  "one of {}",
                  names));
}

std::optional<tls_files> tls_of(const serve_options& how) {
  if (how.keys) return server_tls_files(*how.keys);
  if (!how.insecure && !how.listen.is_loopback())
    throw bad_input(
        fmt::format("--listen {}: other hosts can reach it; expected --keys DIR "
                    "(verge keys makes them), or --insecure to do without",
                    how.listen.text()));
  return std::nullopt;
}

run_terms terms_of(const experiment& what, const arm_options& arm, const run_plan& plan,
                   const experiment_data& data, const std::string& run_id) {
  const auto& network = plan.model.options();
  const auto codecs = codecs_of(plan);
  run_terms terms;
  terms.run_id = run_id;
  terms.experiment = what.name;
  terms.arm = arm.name;
  terms.seed = what.seed;
  terms.devices = plan.device_count();
  terms.cohort = codecs.devices;
  terms.codec_up = codecs.up;
  terms.codec_down = codecs.down;
  terms.network = network.name;
  terms.norm = word_of(norm_words, network.norm);
  terms.shares_statistics = network.shares_statistics;
  terms.shares_controls = network.shares_controls;
  terms.float64 = network.type == scalar::float64;
  terms.channels = static_cast<std::uint32_t>(network.input.channels);
  terms.height = static_cast<std::uint32_t>(network.input.height);
  terms.width = static_cast<std::uint32_t>(network.input.width);
  terms.classes = network.classes;
  terms.data_name = what.data.name;
  // Without the samples that the server holds back. Set even if that is all of them, because a
  // device's directory may hold another number.
  terms.train_samples = data.train_samples;
  terms.partition = what.devices.partition;
  terms.mean = what.data.constants.mean;
  terms.deviation = what.data.constants.deviation;
  terms.flip = what.data.augment.flip;
  terms.crop_padding = static_cast<std::uint32_t>(what.data.augment.crop_padding);
  terms.data_samples = data.set_samples;
  terms.labels_hash = labels_hash(*data.train);
  return terms;
}

std::string waiting_text(const arm_options& arm, const run_plan& plan, const host_port& where) {
  if (plan.resumed) {
    const auto& members = plan.resumed->rounds.members;
    return fmt::format(
        "arm {} goes on after round {}, and waits at {} for the {} devices that it had", arm.name,
        plan.resumed->line.round.value, where.text(),
        members.size() - std::count(members.begin(), members.end(), 0u));
  }
  return fmt::format("arm {} waits at {} for {} of {} devices", arm.name, where.text(),
                     plan.nodes.min_devices > 0 ? plan.nodes.min_devices : plan.device_count(),
                     plan.device_count());
}

void log_listening(node_log& log, const arm_options& arm, const run_plan& plan,
                   const host_port& where, bool is_encrypted) {
  log.say("listening",
          waiting_text(arm, plan, where) + (is_encrypted ? "" : ", without encryption"),
          {{"address", where.text()},
           {"port", std::uint64_t{where.port}},
           {"arm", arm.name},
           {"devices", std::uint64_t{plan.device_count()}},
           {"round", std::uint64_t{plan.resumed ? plan.resumed->line.round.value : 0}}});
}

std::string ending_text(const run_ended& end, const serve_options& how, const host_port& where) {
  if (end.stopped_early)
    return how.command_to_resume ? fmt::format("the run was stopped; this goes on with it: {}",
                                               how.command_to_resume(where))
                                 : "the run was stopped, and can be resumed";
  std::string text = "the run has ended";
  if (end.abandoned > 0)
    text += fmt::format("; {} of {} rounds missed their quorum", end.abandoned,
                        end.rounds + end.abandoned);
  if (!end.away.empty())
    text += fmt::format("; {} of its devices may come back within {:.0f} s to hear of it",
                        end.away.size(),
                        std::chrono::duration<double>(how.rounds.return_grace).count());
  return text;
}

/// The reason without the device's number at its beginning, because the log names the device.
std::string without_number(const session_event& m) {
  if (!m.device) return m.reason;
  const auto number = fmt::format("device {}: ", m.device->value);
  return m.reason.rfind(number, 0) == 0 ? m.reason.substr(number.size()) : m.reason;
}

std::string device_text(const session_event& m) {
  const auto name = m.name.empty() ? std::string{"a stranger"} : m.name;
  return m.device ? fmt::format("device {} ({})", m.device->value, name) : name;
}

void log_session_event(node_log& log, const session_event& m) {
  const auto who = device_text(m);
  const auto say = [&](const char* event, const std::string& text) {
    const auto number = m.device ? static_cast<std::int64_t>(m.device->value) : std::int64_t{-1};
    log.say(event, text, {{"name", m.name}, {"device", number}, {"reason", m.reason}});
  };
  switch (m.what) {
    case session_event::kind::joined:
      return say("joined", fmt::format("{} has joined", who));
    case session_event::kind::turned_away:
      return say("turned_away", fmt::format("{} was turned away: {}", who, m.reason));
    case session_event::kind::refused:
      return say("refused", fmt::format("{} was refused: {}", who, without_number(m)));
    case session_event::kind::gave_up:
      return say("gave_up", fmt::format("{} gave its round up: {}", who, without_number(m)));
    case session_event::kind::left:
      return say("left", fmt::format("{} has left: {}", who, m.reason));
  }
}

/// Makes the log tell the results that people see as progress. `log` must outlive the run.
void log_results(run_callbacks& callbacks, node_log& log, const std::string& arm,
                 const work_plan& plan) {
  callbacks.on_length = [&log, arm, plan](const run_length& m) {
    log.say("length", fmt::format("the run has {} rounds, {:.4g} epochs", m.rounds, m.epochs()),
            {{"rounds", std::uint64_t{m.rounds}}, {"epochs", m.epochs()}});
    if (const auto note = warm_up_note(arm, plan, m); !note.empty()) log.say("note", note);
  };
  callbacks.on_round = [&log](const round_result& m) {
    if (m.missed)
      log.say("missed_quorum", fmt::format("round {} {}", m.round.value, text_of(*m.missed)),
              {{"round", std::uint64_t{m.round.value}},
               {"asked", std::uint64_t{m.missed->asked}},
               {"answered", std::uint64_t{m.missed->answered}},
               {"refused", std::uint64_t{m.missed->refused}},
               {"wanted", std::uint64_t{m.missed->wanted}}});
    log.say("round",
            fmt::format("round {}: {} of {} updates used", m.round.value, m.used, m.cohort),
            {{"round", std::uint64_t{m.round.value}},
             {"used", std::uint64_t{m.used}},
             {"late", std::uint64_t{m.late}},
             {"lost", std::uint64_t{m.lost}},
             {"refused", std::uint64_t{m.refused}},
             {"bytes_up", m.bytes_up},
             {"bytes_down", m.bytes_down}});
  };
  callbacks.on_evaluation = [&log](const evaluation_result& m) {
    log.say(
        "evaluated", fmt::format("round {}: accuracy {:.4f}", m.round.value, m.accuracy),
        {{"round", std::uint64_t{m.round.value}}, {"accuracy", m.accuracy}, {"test_loss", m.loss}});
  };
}

/// A handler that logs failed links of unknown hosts, within the bounds of failure_digest.
auto say_failures_in(std::shared_ptr<node_log> log) {
  return [log = std::move(log), digest = std::make_shared<failure_digest>()](
             const std::string& address, const std::string& reason) {
    const auto times = digest->note(address, reason, std::chrono::steady_clock::now());
    if (times == 0) return;
    log->say("no_link",
             fmt::format("no link with {}: {}{}", address, reason,
                         times == 1 ? "" : fmt::format(" ({} times since it was said)", times)),
             {{"address", address}, {"reason", reason}, {"times", times}});
  };
}

/// A function that writes the names of the devices by number, before a device learns its own
/// number.
auto keep_names_in(std::filesystem::path file, std::string run_id) {
  return [file = std::move(file), id = std::move(run_id)](const std::vector<std::string>& names) {
    write_device_book(file, {id, names});
  };
}

/// Throws bad_input unless the devices have the names of `verge up`. A device keeps its state under
/// its name, and its number for the whole run.
void check_named_by_shard(const device_book& book, const std::filesystem::path& folder) {
  for (std::uint32_t i = 0; i < book.names.size(); ++i)
    if (const auto expected = shard_name(i + 1);
        !book.names[i].empty() && book.names[i] != expected)
      throw bad_input(
          fmt::format("--resume {}: device {} of the run is '{}', where `verge up` has '{}'; "
                      "expected a run of `verge up`",
                      folder.string(), i, book.names[i], expected));
}

/// Logs once why a run has failed. With a text log the reason is the program's last line instead.
class failure_log {
public:
  failure_log(node_log& log, log_format format) : log_(log), is_said_(format == log_format::text) {}

  void say(const std::string& reason) {
    if (!std::exchange(is_said_, true)) log_.say("failed", reason, {{"reason", reason}});
  }

private:
  node_log& log_;
  bool is_said_;
};

/// Owns the gate of this process. However the run ends, devices must hear of it before the gate
/// ends. And the gate must end, because an actor system waits for all its actors. The destructor
/// does both.
class door {
public:
  door(caf::actor_system& system, std::vector<std::string> names,
       std::chrono::milliseconds return_grace)
      : gate(spawn_gate(system, std::move(names))), system_(system), return_grace_(return_grace) {}
  ~door() {
    see_devices_off();
    caf::anon_send(gate, close_gate{});
  }
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  /// Waits until the devices have left, or their time is over.
  void see_devices_off() {
    caf::scoped_actor self{system_};
    self->request(gate, caf::infinite, await_departures{farewell, return_grace_})
        .receive([](done_atom) {}, [](const caf::error&) {});
  }

  const gate_keeper_actor gate;

private:
  caf::actor_system& system_;
  const std::chrono::milliseconds return_grace_;
};

}  // namespace

std::filesystem::path run_to_resume(const std::filesystem::path& folder) {
  const auto file = folder / "run.toml";
  if (!std::filesystem::exists(file))
    throw bad_input(
        fmt::format("--resume {}: holds no run; expected the folder of a run of `verge server` or "
                    "`verge up`",
                    folder.string()));
  // The device book is written before run.toml.
  if (!std::filesystem::exists(folder / device_book_name))
    throw bad_input(
        fmt::format("--resume {0}: holds a run of `verge run`; expected one of `verge server`, and "
                    "`verge run --resume {0}` for this one",
                    folder.string()));
  return file;
}

run_summary serve_experiment(const experiment& given, const serve_options& how) {
  const auto what = part_to_serve(given, how.arm);
  const auto training = trials_of(what).front();
  const auto& arm = training.options;
  const auto tls = tls_of(how);
  const auto known = how.keys ? devices_listed_in(*how.keys) : nullptr;
  const auto data = how.devices_hold_shards ? read_data(what) : read_server_data(what);
  const auto model = build_network(what, arm, data);
  auto resolved = what;
  resolved.links.reset();
  auto plan = plan_node_arm(what, arm, data, model, how.rounds);
  std::optional<unfinished_run> earlier;
  if (how.resume && has_begun(how.directory)) {
    earlier.emplace(open_unfinished_run(how.directory, resolved, model.layout()));
    if (how.devices_hold_shards) check_named_by_shard(earlier->book, how.directory);
    plan.resumed = earlier->checkpoint;
  }
  const auto log = std::make_shared<node_log>(how.out, how.format, how.terminal);
  // A program that restarts the server after every end gets here after the last one.
  if (earlier && earlier->over) {
    log->say("ended", fmt::format("the run in {} has ended before; there is nothing to resume",
                                  how.directory.string()));
    return *earlier->over;
  }
  const auto book = earlier ? earlier->book : device_book{random_bytes(run_id_bytes), {}};
  check_plan(plan);

  node_system system{what.threads, tls, how.timing};
  door at_door{system.actors(), book.names, how.rounds.return_grace};
  const auto port = system.publish(at_door.gate, how.listen, say_failures_in(log));
  // An earlier run is replaced only now, after all of the user's input has been checked.
  auto directory = earlier ? run_directory{how.directory, resolved, std::move(*earlier)}
                           : run_directory{how.directory, resolved, how.force, book};
  if (how.devices_hold_shards)
    directory.keep_partition(count_labels(what.devices.partition, data.shards));
  const host_port where{how.listen.host, port};
  log_listening(*log, arm, plan, where, tls.has_value());
  if (what.links) log->say("links_left_out", "[links] is left out: these devices have real ones");
  for (const auto& remark : remarks_on(what, arm, plan, shards_of(data.shards)))
    log->say("remark", remark);
  if (how.on_listening) how.on_listening(where);

  const pool_guard trainers{
      spawn_trainer_pool(system.actors(), model, {what.threads, 0, what.torch_device})};
  std::shared_ptr<progress_display> display;
  if (how.format == log_format::text) {
    display = std::make_shared<progress_display>(how.out, how.terminal);
    display->begin_arm(arm.name, 1, 1, plan.rounds, directory.so_far(arm.name, plan.resumed));
  }
  const checkpoint_place checkpoints{how.directory / checkpoint_name, book.run_id};
  run_callbacks callbacks;
  callbacks.listeners = {at_door.gate};
  callbacks.should_stop = how.should_stop;
  const auto let_devices_in = [&](const run_actors& run) {
    auto setup = std::make_shared<session_setup>();
    setup->coordinator = run.coordinator;
    setup->server = run.server;
    setup->terms = terms_of(what, arm, plan, data, book.run_id);
    setup->known = known;
    setup->log = [log](const session_event& m) { log_session_event(*log, m); };
    setup->keep_names = keep_names_in(how.directory / device_book_name, book.run_id);
    caf::anon_send(at_door.gate, open_gate{std::move(setup)});
  };
  if (how.format == log_format::json) log_results(callbacks, *log, arm.name, plan.how.plan);
  failure_log failed{*log, how.format};
  // Told before anything is waited for, because a disk that does not answer may delay our own end.
  callbacks.on_ended = [&failed](const run_ended& m) {
    if (!m.failure.empty()) failed.say(m.failure);
  };
  run_ended end;
  try {
    end = directory.run_arm(system.actors(), training, plan, trainers.pool, display,
                            std::move(callbacks), checkpoints, let_devices_in);
    if (!end.failure.empty()) throw run_failure(end.failure);
  } catch (const run_failure& e) {
    failed.say(e.what());
    if (how.format == log_format::json) throw told_failure(e.what());
    throw;
  }
  log->say("ended", ending_text(end, how, where),
           {{"rounds_abandoned", std::uint64_t{end.abandoned}}});
  at_door.see_devices_off();
  if (!end.stopped_early) run_directory::discard(checkpoints);
  return directory.summary();
}

}  // namespace verge
