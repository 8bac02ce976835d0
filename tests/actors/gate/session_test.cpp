// Devices that enter through the gate, on one manual system. Their messages reach the gate and
// their sessions as over a network, except that they are not serialised. The file is long because
// letting in, membership and lost links share one fixture.

#include <boost/test/unit_test.hpp>

#include "actors/gate/gate.hpp"
#include "support/message_of.hpp"
#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// A list of the devices till-0, till-1, ..., of which till-9 is revoked. A signature is the name
/// and a hash of the text.
class made_list final : public known_devices {
public:
  std::string why_not(const std::string& name) const override {
    if (name == "till-x") throw bad_input("devices.toml:3: half a line");
    if (name.rfind("till-", 0) != 0) return "'" + name + "' is not a known device";
    return name == "till-9" ? "'till-9' has been revoked" : "";
  }
  std::string new_challenge() const override { return std::string(challenge_bytes, 'c'); }
  bool proves(const std::string& name, const std::string& text,
              const std::string& signature) const override {
    return signature == signature_of(name, text);
  }

  static std::string signature_of(const std::string& name, const std::string& text) {
    // As long as a signature may be, at most.
    return (name + std::to_string(std::hash<std::string>{}(text))).substr(0, 64);
  }
};

/// A connection as the program of a device has it.
struct connection {
  sealed<invitation> answer;
  session_actor session;
  caf::actor link;

  invitation invited() const { return *unseal(answer); }
};

struct gate_setup {
  explicit gate_setup(scripted_run::options o = {}, bool opened = true,
                      std::vector<std::string> names = {})
      : run(with_return(std::move(o))), gate(spawn_gate(run.system.actors(), std::move(names))) {
    setup->coordinator = run.coordinator;
    setup->server = run.server;
    setup->terms.run_id = std::string(run_id_bytes, 'r');
    setup->terms.devices = run.setup.devices;
    setup->known = std::make_shared<made_list>();
    setup->log = [this](const session_event& m) { events.push_back(m); };
    setup->most_refusals = 5;
    caf::anon_send(run.coordinator, round_listener{gate});
    if (opened) open();
    run.system.settle();
  }
  ~gate_setup() {
    caf::anon_send(gate, close_gate{});
    run.system.settle();
  }

  static scripted_run::options with_return(scripted_run::options o) {
    o.members_return = true;
    return o;
  }

  void open() {
    caf::anon_send(gate, open_gate{setup});
    run.system.settle();
  }

  /// Says hello on a connection of its own.
  connection greet(const std::string& name, std::uint32_t protocol = protocol_version) {
    auto out = std::make_shared<connection>();
    out->link = run.system.actors().spawn(
        [=, at = gate_actor{gate}](caf::event_based_actor* self) -> caf::behavior {
          self->request(at, caf::infinite, seal(hello{protocol, name}))
              .then([out](const sealed<invitation>& m, const session_actor& s) {
                out->answer = m;
                out->session = s;
              });
          return {[self](stop_atom) { self->quit(); }};
        });
    run.system.settle();
    return *out;
  }

  admission prove(const connection& c, const std::string& name,
                  std::optional<device_id> wants = {}) {
    const auto text = text_to_sign(setup->terms.run_id, c.invited().challenge, name);
    return prove_with(c, made_list::signature_of(name, text), wants);
  }

  admission prove_with(const connection& c, const std::string& signature,
                       std::optional<device_id> wants = {}) {
    const auto answer = run.system.ask<sealed<admission>>(c.session, seal(proof{signature, wants}));
    return answer ? *unseal(*answer) : admission{"no answer: " + answer.error, {}};
  }

  /// The answer of the session to a device that leaves because of `why`.
  std::string declined(const connection& c, const std::string& why) {
    const auto answer = run.system.ask<sealed<admission>>(c.session, seal(decline{why}));
    return answer ? unseal(*answer)->refused_because : "no answer: " + answer.error;
  }

  /// A device that trains, on a connection of its own.
  connection enter(const std::string& name, std::uint32_t number) {
    const auto c = greet(name);
    BOOST_REQUIRE(c.session);
    BOOST_TEST(prove(c, name, device_id{number}).refused_because == "");
    spawn_device(c, number);
    return c;
  }

  void spawn_device(const connection& c, std::uint32_t number) {
    auto host = std::make_shared<device_host>();
    host->run = 1;
    host->layout = run.setup.layout;
    host->manifest_hash = run.setup.layout.hash();
    host->server = exchange_actor{c.session};
    host->compressors = {run.compressor};
    host->downloads_steps = run.setup.codecs.sends_steps();
    host->trainers = run.trainers;
    const auto shard = std::make_shared<numbered_dataset>(scripted_run::shard_size(number));
    verge::spawn_device(run.system.actors(), host, membership_actor{c.session},
                        local_data::of_device(1, device_id{number}, shard, {}));
    run.system.settle();
  }

  void hang_up(const connection& c) {
    caf::anon_send(c.link, stop_atom::value);
    run.system.settle();
  }

  /// Ends the connection as BASP does when a link is lost.
  void cut(const connection& c) {
    caf::anon_send_exit(c.link, caf::exit_reason::remote_link_unreachable);
    run.system.settle();
  }

  std::shared_ptr<reply<done_atom>> await_departures_of_all() {
    const auto gone = run.system.ask_later<done_atom>(
        gate, await_departures{std::chrono::seconds{5}, std::chrono::seconds{60}});
    run.system.settle();
    return gone;
  }

  std::string last_reason(session_event::kind what) const {
    for (auto i = events.rbegin(); i != events.rend(); ++i)
      if (i->what == what) return i->reason;
    return "(none)";
  }

  scripted_run run;
  std::shared_ptr<session_setup> setup = std::make_shared<session_setup>();
  std::vector<session_event> events;
  gate_keeper_actor gate;
};

std::string hash_of_run_in_one_process(const scripted_run::options& options) {
  scripted_run run{options};
  run.spawn_devices();
  run.system.settle();
  return run.end_hash();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_test)

// -- a whole run ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(devices_behind_sessions_train_the_model_of_devices_in_the_process) {
  for (const std::string codec : {"none", "int8", "topk(0.1)"}) {
    const scripted_run::options options{
        .devices = 3, .rounds = 3, .layout = matrix_layout(), .codecs = {.up = codec}};
    auto one_by_one = options;
    one_by_one.download_budget = 1;
    gate_setup s{one_by_one};
    for (const std::uint32_t i : {2u, 0u, 1u}) s.enter("till-" + std::to_string(i), i);
    BOOST_TEST(s.run.end_hash() == hash_of_run_in_one_process(options), codec);
    BOOST_TEST(s.run.record->rounds.size() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_the_ledger_have_those_of_the_greeting) {
  gate_setup s{{.devices = 1, .rounds = 2}};
  s.enter("till-0", 0);
  scripted_run plain{{.devices = 1, .rounds = 2}};
  plain.spawn_devices();
  plain.system.settle();
  const auto& with = s.run.record->rounds;
  const auto& without = plain.record->rounds;
  const std::string signature = made_list::signature_of(
      "till-0", text_to_sign(s.setup->terms.run_id, std::string(challenge_bytes, 'c'), "till-0"));
  const auto greeting_up = seal(hello{protocol_version, "till-0"}).encoded_size() +
                           seal(proof{signature, device_id{0}}).encoded_size();
  const auto greeting_down =
      seal(invitation{{}, std::string(challenge_bytes, 'c'), s.setup->terms}).encoded_size() +
      seal(admission{{}, device_id{0}}).encoded_size();
  BOOST_TEST(with[0].bytes_up == without[0].bytes_up + greeting_up);
  BOOST_TEST(with[0].bytes_down == without[0].bytes_down + greeting_down);
  BOOST_TEST(with[1].bytes_up == without[1].bytes_up);
  BOOST_TEST(with[1].bytes_down == without[1].bytes_down);
}

BOOST_AUTO_TEST_CASE(when_the_run_is_over_devices_hear_it_and_later_ones_are_told) {
  gate_setup s{{.devices = 1, .rounds = 1}};
  const auto c = s.enter("till-0", 0);
  const auto gone = s.await_departures_of_all();
  BOOST_TEST(!*gone);
  const auto late = s.greet("till-1");
  BOOST_TEST(late.invited().refused_because == "the run has ended");
  BOOST_TEST(late.invited().is_over);
  BOOST_TEST(late.invited().ended_run == s.setup->terms.run_id);
  s.hang_up(c);
  BOOST_TEST(s.last_reason(session_event::kind::left) == "the run is over");
  BOOST_TEST(bool(*gone));
}

BOOST_AUTO_TEST_CASE(a_device_that_does_not_go_is_waited_for_a_while) {
  gate_setup s{{.devices = 1, .rounds = 1}};
  s.enter("till-0", 0);
  const auto gone = s.await_departures_of_all();
  s.run.system.advance(std::chrono::milliseconds{4999});
  BOOST_TEST(!*gone);
  s.run.system.advance(std::chrono::milliseconds{1});
  BOOST_TEST(bool(*gone));
}

BOOST_AUTO_TEST_CASE(who_may_not_have_heard_of_the_end_is_waited_for_until_it_has) {
  for (const bool comes_back : {true, false}) {
    gate_setup s{{.devices = 1, .rounds = 1}};
    const auto c = s.enter("till-0", 0);
    const auto gone = s.await_departures_of_all();
    s.cut(c);
    BOOST_TEST(!*gone);
    s.run.system.advance(std::chrono::seconds{59});
    BOOST_TEST(!*gone);
    if (comes_back)
      BOOST_TEST(s.greet("till-0").invited().is_over);
    else
      s.run.system.advance(std::chrono::seconds{1});
    BOOST_TEST(bool(*gone));
  }
}

BOOST_AUTO_TEST_CASE(of_a_run_that_can_be_resumed_nobody_is_waited_for) {
  gate_setup s{{.devices = 1, .rounds = 2}};
  s.run.script->ignores = [](const train_task&) { return true; };
  const auto c = s.enter("till-0", 0);
  caf::anon_send_exit(s.run.server, caf::exit_reason::kill);
  s.run.system.settle();
  BOOST_TEST(s.run.record->ends.size() == 1u);
  s.cut(c);
  BOOST_TEST(bool(*s.await_departures_of_all()));
  // This device should wait, too.
  BOOST_TEST(s.greet("till-1").invited().come_back);
  BOOST_TEST(!s.greet("till-1").invited().is_over);
}

BOOST_AUTO_TEST_CASE(numbers_are_written_down_before_they_are_given_and_known_again_later) {
  gate_setup s{{.devices = 3}, false, {"till-7"}};
  std::vector<std::vector<std::string>> written;
  bool is_full = false;
  s.setup->keep_names = [&](const std::vector<std::string>& names) {
    if (is_full) throw run_failure("devices.json: no space");
    written.push_back(names);
  };
  s.open();
  const auto number_of = [&](const std::string& name, std::optional<device_id> wants = {}) {
    return s.prove(s.greet(name), name, wants);
  };
  BOOST_TEST(number_of("till-7").device.value == 0u);
  BOOST_TEST(written.empty());  // nothing new
  BOOST_TEST(number_of("till-8", device_id{0}).refused_because ==
             "'till-8' wants to be device 0, which is 'till-7'");
  BOOST_TEST(number_of("till-8").device.value == 2u);
  BOOST_REQUIRE(written.size() == 1u);
  BOOST_TEST((written[0] == std::vector<std::string>{"till-7", "", "till-8"}));
  is_full = true;
  // It is not the fault of the device, so it is not told that it cannot take part.
  BOOST_TEST(number_of("till-6").refused_because.find("no answer") == 0u);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "devices.json: no space");
  is_full = false;
  BOOST_TEST(number_of("till-10").device.value == 1u);  // the number that no device got
}

// -- who is let in --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(before_the_run_a_device_is_told_to_come_back) {
  gate_setup s{{}, false};
  BOOST_TEST(s.greet("till-0").invited().come_back);
  s.open();
  BOOST_TEST(bool(s.greet("till-0").session));
}

BOOST_AUTO_TEST_CASE(strangers_are_turned_away_with_a_reason_in_the_log) {
  gate_setup s;
  const auto refusal_of = [&](const std::string& name, std::uint32_t protocol = protocol_version) {
    const auto c = s.greet(name, protocol);
    BOOST_TEST(!c.session);
    BOOST_TEST(s.last_reason(session_event::kind::turned_away) == c.invited().refused_because);
    return c.invited().refused_because;
  };
  BOOST_TEST(refusal_of("thief") == "'thief' is not a known device");
  BOOST_TEST(refusal_of("till-9") == "'till-9' has been revoked");
  BOOST_TEST(refusal_of("till-1", 99) == "'till-1' speaks protocol 99; this run speaks 3");
  BOOST_TEST(refusal_of("a\nb").find("hello: a name of 3 bytes") == 0u);
}

BOOST_AUTO_TEST_CASE(while_nobody_can_say_who_is_known_a_device_is_told_to_come_back) {
  gate_setup s;
  const auto answer = s.greet("till-x").invited();
  BOOST_TEST(answer.refused_because == "devices.toml:3: half a line");
  BOOST_TEST(answer.come_back);
}

BOOST_AUTO_TEST_CASE(a_device_that_cannot_take_part_says_why_before_it_goes) {
  gate_setup s{{.devices = 2}};
  const std::string why = "it cannot take part: no network 'lenet9' is known";
  // A device may decline before it has proved anything, and when it already has a number.
  const auto stranger = s.greet("till-0");
  BOOST_TEST(s.declined(stranger, "no network 'lenet9' is known") == why);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == why);
  BOOST_TEST(s.events.size() == 1u);
  BOOST_TEST(s.prove(stranger, "till-0").refused_because.find("no answer") == 0u);
  const auto admitted = s.greet("till-1");
  BOOST_TEST(s.prove(admitted, "till-1", device_id{1}).refused_because == "");
  BOOST_TEST(s.declined(admitted, "its state is damaged") ==
             "it cannot take part: its state is damaged");
  BOOST_REQUIRE(s.events.size() == 2u);
  BOOST_TEST((s.events[1].what == session_event::kind::turned_away));
  BOOST_TEST(s.events[1].device->value == 1u);
  // The end of the connection, which follows, adds no event.
  s.hang_up(admitted);
  BOOST_TEST(s.events.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_device_cannot_take_the_name_of_another) {
  gate_setup s;
  const auto c = s.greet("till-1");
  const auto text = text_to_sign(s.setup->terms.run_id, c.invited().challenge, "till-1");
  const std::string why = "the signature is not of the key that 'till-1' is listed with";
  BOOST_TEST(s.prove_with(c, made_list::signature_of("till-2", text)).refused_because == why);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == why);
  // It cannot try again either.
  BOOST_TEST(s.prove(c, "till-1").refused_because.find("no answer") == 0u);
}

BOOST_AUTO_TEST_CASE(a_name_keeps_its_number_and_a_number_its_name) {
  gate_setup s{{.devices = 3}};
  const auto number = [&](const std::string& name, std::optional<device_id> wants) {
    return s.prove(s.greet(name), name, wants);
  };
  BOOST_TEST(number("till-5", device_id{1}).device.value == 1u);
  BOOST_TEST(number("till-6", {}).device.value == 2u);
  BOOST_TEST(number("till-5", {}).device.value == 1u);
  BOOST_TEST(number("till-7", device_id{1}).refused_because ==
             "'till-7' wants to be device 1, which is 'till-5'");
  BOOST_TEST(number("till-5", device_id{2}).refused_because ==
             "'till-5' wants to be device 2; it is device 1 of this run");
  BOOST_TEST(number("till-7", device_id{3}).refused_because ==
             "'till-7' wants to be device 3; the run has 3, numbered from 0");
  BOOST_TEST(number("till-7", {}).device.value == 0u);
  BOOST_TEST(number("till-8", {}).refused_because == "all 3 places of the run are taken");
}

BOOST_AUTO_TEST_CASE(connections_that_do_not_join_are_bounded_in_number_and_time) {
  gate_setup s;
  s.setup->join_patience = std::chrono::minutes{1};
  // One node, as here, may have one connection that waits.
  const auto first = s.greet("till-0");
  const auto second = s.greet("till-1");
  BOOST_TEST(s.prove(first, "till-0").refused_because.find("no answer") == 0u);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "the device has said hello again");
  s.run.system.advance(s.setup->join_patience);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "it has not joined in time");
  BOOST_TEST(s.prove(second, "till-1").refused_because.find("no answer") == 0u);
  s.setup->most_waiting = 0;
  const auto third = s.greet("till-2");
  BOOST_TEST(third.invited().refused_because == "0 connections have not joined yet");
  BOOST_TEST(third.invited().come_back);
}

BOOST_AUTO_TEST_CASE(each_connection_has_the_whole_time_to_join_and_members_have_joined) {
  gate_setup s{{.devices = 1, .rounds = 1, .deadline = std::chrono::hours{1}}};
  s.run.script->ignores = [](const train_task&) { return true; };
  s.setup->join_patience = std::chrono::minutes{2};
  s.enter("till-0", 0);
  s.run.system.advance(std::chrono::minutes{1});
  s.greet("till-1");
  s.run.system.advance(std::chrono::minutes{1});
  BOOST_TEST(s.last_reason(session_event::kind::left) == "(none)");
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "(none)");
  s.run.system.advance(std::chrono::minutes{1});
  BOOST_TEST(s.last_reason(session_event::kind::left) == "(none)");
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "it has not joined in time");
}

BOOST_AUTO_TEST_CASE(of_connections_that_have_ended_nothing_is_left) {
  gate_setup s;
  std::vector<caf::weak_actor_ptr> sessions;
  for (int i = 0; i < 20; ++i) {
    const auto one = s.greet("till-0");
    sessions.push_back(caf::actor_cast<caf::weak_actor_ptr>(one.session));
    s.hang_up(one);
  }
  BOOST_TEST(s.run.system.pending_timeouts() ==
             2u);  // the coordinator's, for members, and the gate's
  for (const auto& session : sessions) BOOST_TEST(!session.lock());
}

// -- what a member can do -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_device_speaks_for_itself_only) {
  gate_setup s{{.devices = 2, .rounds = 1, .deadline = std::chrono::minutes{1}}};
  s.enter("till-1", 1);
  const auto thief = s.greet("till-0");
  BOOST_TEST(s.prove(thief, "till-0", device_id{0}).refused_because == "");
  const auto answer =
      s.run.system.ask<sealed<upload_grant>>(thief.session, seal(s.run.offer_of(1, round_id{1})));
  BOOST_TEST(!answer);
  BOOST_TEST(s.last_reason(session_event::kind::refused) == "it has not joined");
  s.spawn_device(thief, 0);
  BOOST_TEST(s.run.record->ends.size() == 1u);
  BOOST_TEST(
      !s.run.system.ask<sealed<upload_grant>>(thief.session, seal(s.run.offer_of(1, round_id{1}))));
  BOOST_TEST(s.last_reason(session_event::kind::refused) == "device 0 speaks for device 1");
}

BOOST_AUTO_TEST_CASE(joining_as_another_number_than_the_one_it_has_ends_the_connection) {
  gate_setup s;
  const auto c = s.greet("till-0");
  BOOST_TEST(s.prove(c, "till-0", device_id{0}).refused_because == "");
  s.spawn_device(c, 1);
  BOOST_TEST(s.last_reason(session_event::kind::turned_away) == "device 0 joins as device 1");
}

BOOST_AUTO_TEST_CASE(too_many_refused_messages_end_a_connection) {
  gate_setup s{{.devices = 2}};
  const auto c = s.enter("till-0", 0);
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(
        !s.run.system.ask<sealed<upload_grant>>(c.session, seal(s.run.offer_of(1, round_id{1}))));
  BOOST_TEST(s.last_reason(session_event::kind::left) == "(none)");
  s.run.system.ask<sealed<upload_grant>>(c.session, seal(s.run.offer_of(1, round_id{1})));
  BOOST_TEST(s.last_reason(session_event::kind::left) == "6 of its messages were refused");
}

BOOST_AUTO_TEST_CASE(a_round_is_given_up_once_each_time_that_a_device_is_asked) {
  gate_setup s{{.devices = 2, .rounds = 3, .quorum = 0.5}};
  // Device 0 is asked, but its trainer never answers.
  s.run.script->ignores = [](const train_task& t) { return t.data->device().value == 0; };
  const auto c = s.enter("till-0", 0);
  s.enter("till-1", 1);
  const auto give_up = [&](std::uint32_t round, int times) {
    const auto message = seal(work_failed{round_id{round}, device_id{0}, "because"});
    s.run.system.actors().spawn([=, to = membership_actor{c.session}](caf::event_based_actor* me) {
      for (int i = 0; i < times; ++i) me->send(to, message);
    });
    s.run.system.settle();
  };
  for (const std::uint32_t round : {1u, 2u}) {
    give_up(round, 2);
    BOOST_TEST(std::count_if(s.events.begin(), s.events.end(), [](const auto& m) {
                 return m.what == session_event::kind::gave_up;
               }) == round);
    BOOST_TEST(s.last_reason(session_event::kind::refused) ==
               "device 0 gives up round " + std::to_string(round) + " without an order");
    BOOST_REQUIRE(s.run.record->rounds.size() == round);
    BOOST_TEST(s.run.record->rounds.back().lost == 1u);
  }
}

BOOST_AUTO_TEST_CASE(who_says_that_a_connection_has_ended_is_not_believed) {
  const scripted_run::options options{.devices = 2, .rounds = 1};
  gate_setup s{options};
  const auto c = s.enter("till-0", 0);
  for (const auto& source : {s.gate.address(), c.session.address(), caf::actor_addr{}})
    caf::anon_send(caf::actor_cast<caf::actor>(c.session),
                   caf::down_msg{source, caf::exit_reason::kill});
  caf::anon_send(caf::actor_cast<caf::actor>(s.gate),
                 caf::down_msg{s.gate.address(), caf::exit_reason::kill});
  s.run.system.settle();
  BOOST_TEST(s.last_reason(session_event::kind::left) == "(none)");
  s.enter("till-1", 1);
  BOOST_TEST(s.run.end_hash() == hash_of_run_in_one_process(options));
}

BOOST_AUTO_TEST_CASE(what_only_the_process_may_say_to_a_device_is_no_message_of_a_session) {
  gate_setup s{{.devices = 2, .rounds = 2}};
  const auto c = s.enter("till-0", 0);
  const auto session = caf::actor_cast<caf::actor>(c.session);
  caf::anon_send(session, seal(run_over{"forged"}));
  caf::anon_send(session, seal(round_outcome{round_id{1}, update_fate::used, {}, {}}));
  s.run.system.settle();
  BOOST_TEST(s.last_reason(session_event::kind::left) == "(none)");
  s.enter("till-1", 1);
  BOOST_TEST(s.run.record->rounds.size() == 2u);
}

BOOST_AUTO_TEST_CASE(nobody_outside_can_end_the_gate_or_a_session) {
  const scripted_run::options options{.devices = 1, .rounds = 1};
  gate_setup s{options};
  const auto c = s.greet("till-0");
  for (const auto reason : {caf::exit_reason::kill, caf::exit_reason::user_shutdown}) {
    caf::anon_send_exit(s.gate, reason);
    caf::anon_send_exit(c.session, reason);
  }
  const auto as_actor = [](const auto& handle) { return caf::actor_cast<caf::actor>(handle); };
  for (const auto& target : {as_actor(s.gate), as_actor(c.session)}) {
    caf::anon_send(target, caf::make_error(caf::sec::runtime_error));
    caf::anon_send(target, std::string("random words"));
  }
  s.run.system.settle();
  BOOST_TEST(s.prove(c, "till-0", device_id{0}).refused_because == "");
  s.spawn_device(c, 0);
  BOOST_TEST(s.run.end_hash() == hash_of_run_in_one_process(options));
}

// -- links that are lost --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_device_that_comes_back_in_time_is_asked_again_and_nothing_is_lost) {
  for (const std::string codec : {"none", "topk(0.1)", "int8"}) {
    const scripted_run::options options{.devices = 2,
                                        .rounds = 4,
                                        .return_grace = std::chrono::seconds{30},
                                        .layout = matrix_layout(),
                                        .codecs = {.up = codec}};
    gate_setup s{options};
    const auto first = s.enter("till-0", 0);
    // The round waits for device 1, so device 0 has been asked when its link is lost.
    const auto lost = s.greet("till-1");
    s.prove(lost, "till-1", device_id{1});
    s.run.script->ignores = [](const train_task& t) { return t.data->device().value == 1; };
    s.spawn_device(lost, 1);
    s.hang_up(lost);
    s.run.system.advance(std::chrono::seconds{20});
    BOOST_TEST(s.last_reason(session_event::kind::left) == "the connection has ended");
    s.run.script->ignores = nullptr;
    s.enter("till-1", 1);
    BOOST_TEST(s.run.end_hash() == hash_of_run_in_one_process(options), codec);
    for (const auto& round : s.run.record->rounds) BOOST_TEST(round.used == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_device_that_does_not_come_back_in_time_is_lost) {
  gate_setup s{
      {.devices = 2, .rounds = 2, .quorum = 0.5, .return_grace = std::chrono::seconds{30}}};
  s.enter("till-0", 0);
  const auto lost = s.greet("till-1");
  s.prove(lost, "till-1", device_id{1});
  s.run.script->ignores = [](const train_task& t) { return t.data->device().value == 1; };
  s.spawn_device(lost, 1);
  s.hang_up(lost);
  BOOST_TEST(s.run.record->rounds.empty());
  s.run.system.advance(std::chrono::seconds{30});
  BOOST_REQUIRE(s.run.record->rounds.size() == 2u);
  BOOST_TEST(s.run.record->rounds[0].used == 1u);
  BOOST_TEST(s.run.record->rounds[0].lost == 1u);
  BOOST_TEST(s.run.record->rounds[1].cohort == 1u);
}

BOOST_AUTO_TEST_CASE(a_device_that_comes_back_twice_has_its_last_connection) {
  gate_setup s{{.devices = 2, .rounds = 1}};
  const auto old = s.enter("till-0", 0);
  const auto present = s.enter("till-0", 0);
  BOOST_TEST(s.last_reason(session_event::kind::left) ==
             "the device has come back on another connection");
  s.enter("till-1", 1);
  BOOST_TEST(s.run.end_hash() == hash_of_run_in_one_process({.devices = 2, .rounds = 1}));
}

BOOST_AUTO_TEST_SUITE_END()
