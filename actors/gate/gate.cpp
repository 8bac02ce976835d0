// Role: the entrance of a run. Spawned by the server's program, which publishes it. It hears the
// results of the run as a listener. It ends by close_gate, and its sessions end with it.
//
//   closed -- open_gate --> open -- run_ended --> over -- close_gate --> end
//
// While the gate is closed, a device is told to come back. Once the run is over, a device is told
// that.
//
// It sends no requests. It tells sessions when the time to join is over. After the end of the run
// it waits, for a limited time each, for connected devices to go and for absent ones that have not
// heard of the end to come. When a session ends, its connection is removed, but the name keeps its
// number.

#include "actors/gate/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "actors/gate/number_book.hpp"
#include "actors/gate/session.hpp"
#include "actors/gate/shielded_actor.hpp"
#include "messages/kill_point.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// A session of this gate has ended.
struct session_gone {
  caf::actor_addr who;
  /// The link was lost, so the device did not mean to leave.
  bool was_lost = false;
};

/// It is time to look for devices that have not joined.
struct look_at_waiting {};

using patience_over_atom = caf::atom_constant<caf::atom("patience")>;
using grace_over_atom = caf::atom_constant<caf::atom("grace")>;

}  // namespace
}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::session_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::look_at_waiting)

namespace verge {
namespace {

using private_gate =
    gate_keeper_actor::extend<caf::replies_to<claim_number>::with<claimed_number>,
                              caf::reacts_to<session_gone>, caf::reacts_to<patience_over_atom>,
                              caf::reacts_to<grace_over_atom>, caf::reacts_to<look_at_waiting>>;

class gate final : public shielded_actor<private_gate> {
public:
  gate(caf::actor_config& config, std::vector<std::string> names)
      : shielded_actor(config), numbers_(std::move(names)) {}

  const char* name() const override { return "gate"; }

  behavior_type make_behavior() override {
    return {
        [this](const sealed<hello>& m) { return on_hello(m); },
        [this](const open_gate& m) { on_open(m); },
        [](const run_length&) {},
        [](const round_result&) {},
        [](const evaluation_result&) {},
        [this](const run_ended& m) { on_run_ended(m); },
        [this](const await_departures& m) { return on_await_departures(m); },
        [this](const close_gate&) { on_close(); },
        [this](const claim_number& m) { return on_claim(m); },
        [this](const session_gone& m) { on_session_gone(m); },
        [this](patience_over_atom) {
          is_patient_ = false;
          tell_if_all_gone();
        },
        [this](grace_over_atom) {
          awaits_return_ = false;
          away_.clear();
          tell_if_all_gone();
        },
        [this](const look_at_waiting&) { on_look(); },
    };
  }

private:
  using time_point = caf::actor_clock::time_point;

  struct connection {
    own_session_actor session;
    /// Empty until the device has a number.
    std::string name;
    caf::node_id node;
    /// Deadline of the wait for the device to join; unset once that time is over.
    std::optional<time_point> joins_until;
  };

  using greeting = caf::result<sealed<invitation>, session_actor>;
  using departure_promise = caf::typed_response_promise<done_atom>;

  void on_open(const open_gate& m) {
    setup_ = m.setup;
    numbers_.resize(setup_->terms.devices);
  }

  // -- letting in ---------------------------------------------------------------------------------

  greeting on_hello(const sealed<hello>& m) {
    const auto who = current_sender();
    if (!who) return caf::sec::invalid_argument;
    const auto request = unseal(m);
    if (!request) return turn_away({}, {request.reason()});
    if (over_) return on_late_hello(request->name);
    if (!setup_) return turn_away(request->name, not_now("the run has not begun"));
    if (const auto waiting = waiting_connections(); waiting >= setup_->most_waiting)
      return turn_away(request->name,
                       not_now(fmt::format("{} connections have not joined yet", waiting)));
    invitation answer{{}, {}, setup_->terms};
    try {
      if (const auto why = why_not(*request); !why.empty()) return turn_away(request->name, {why});
      if (setup_->known) answer.challenge = setup_->known->new_challenge();
    } catch (const std::exception& e) {
      return turn_away(request->name, not_now(e.what()));
    }
    end_waiting_sessions_of(who->node());
    kill_point("hello");
    const auto message = seal(answer);
    const auto session = spawn_session(
        system(), setup_, number_giver{this},
        {who, request->name, answer.challenge, {m.encoded_size(), message.encoded_size()}});
    connections_.emplace(
        session.address(),
        connection{session, {}, who->node(), clock().now() + setup_->join_patience});
    tell_when_gone(session);
    look_in_time();
    return {message, session_actor{session}};
  }

  greeting on_late_hello(const std::string& name) {
    if (is_unfinished_)
      return turn_away(name, not_now("the run has been stopped, and may be resumed"));
    away_.erase(name);
    tell_if_all_gone();
    // The answer names the run, because the device may have something of it on its disk.
    return turn_away(
        name,
        {"the run has ended", {}, {}, true, false, setup_ ? setup_->terms.run_id : std::string{}});
  }

  std::string why_not(const hello& request) const {
    if (request.protocol != protocol_version)
      return fmt::format("'{}' speaks protocol {}; this run speaks {}", request.name,
                         request.protocol, protocol_version);
    if (setup_->known)
      if (auto why = setup_->known->why_not(request.name); !why.empty()) return why;
    return {};
  }

  /// Ends them so that one node cannot take all places of devices that have not joined.
  void end_waiting_sessions_of(const caf::node_id& node) {
    for (const auto& [address, one] : connections_)
      if (one.name.empty() && one.node == node)
        send(one.session, end_session{"the device has said hello again"});
  }

  std::uint32_t waiting_connections() const {
    return static_cast<std::uint32_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const auto& one) { return one.second.name.empty(); }));
  }

  static invitation not_now(std::string why) { return {std::move(why), {}, {}, false, true}; }

  greeting turn_away(const std::string& name, const invitation& refused) {
    if (setup_ && setup_->log)
      setup_->log({session_event::kind::turned_away, name, std::nullopt, refused.refused_because});
    return {seal(refused), session_actor{}};
  }

  void tell_when_gone(const own_session_actor& session) {
    const auto me =
        caf::actor_cast<caf::weak_actor_ptr>(caf::actor_cast<caf::strong_actor_ptr>(this));
    session->attach_functor([me, who = session.address()](const caf::error& reason) {
      if (const auto alive = caf::actor_cast<private_gate>(me))
        caf::anon_send(alive,
                       session_gone{who, reason == caf::exit_reason::remote_link_unreachable});
    });
  }

  // -- patience -----------------------------------------------------------------------------------

  /// Uses one delayed message for all sessions. A delayed message cannot be taken back and keeps
  /// its receiver in memory. With one per session, every ended session would stay in memory until
  /// its patience is over.
  void look_in_time() {
    if (is_looking_) return;
    std::optional<time_point> next;
    for (const auto& [address, one] : connections_)
      if (one.joins_until && (!next || *one.joins_until < *next)) next = one.joins_until;
    if (!next) return;
    is_looking_ = true;
    delayed_send(this, *next - clock().now(), look_at_waiting{});
  }

  void on_look() {
    is_looking_ = false;
    for (auto& [address, one] : connections_) {
      if (!one.joins_until || clock().now() < *one.joins_until) continue;
      send(one.session, join_patience_over{});
      one.joins_until.reset();
    }
    look_in_time();
  }

  // -- numbers ------------------------------------------------------------------------------------

  claimed_number on_claim(const claim_number& m) {
    const auto claims = caf::actor_cast<caf::actor_addr>(current_sender());
    const auto found = numbers_.number_for(m.name, m.wants);
    if (!found.refused_because.empty()) return {found.refused_because, {}};
    if (const auto why = give(found.device, m.name); !why.empty()) return {why, {}, true};
    kill_point("number given");
    for (auto& [address, other] : connections_) {
      if (address == claims)
        other.name = m.name;
      else if (other.name == m.name)
        replace(other.session, m.name);
    }
    return {{}, found.device};
  }

  /// Gives the number for good, so it is saved before the device hears of it.
  std::string give(device_id number, const std::string& name) {
    if (numbers_.names()[number.value] == name) return {};
    numbers_.give(number, name);
    try {
      if (setup_->keep_names) setup_->keep_names(numbers_.names());
    } catch (const run_failure& e) {
      numbers_.take_back(number);
      return e.what();
    }
    return {};
  }

  /// A lost link does not carry this message. Another program with the same name ends because of
  /// it.
  void replace(const own_session_actor& session, const std::string& name) {
    send(session,
         to_device{seal(run_over{fmt::format("another device has joined as '{}'", name), true})});
    send(session, end_session{"the device has come back on another connection"});
  }

  // -- the end ------------------------------------------------------------------------------------

  void on_run_ended(const run_ended& m) {
    over_ = true;
    is_unfinished_ = m.stopped_early || !m.failure.empty();
    const to_device message{seal(run_over{m.failure, is_unfinished_})};
    for (const auto& [address, one] : connections_) send(one.session, message);
    awaits_return_ = !is_unfinished_;
    if (!awaits_return_) return;
    for (const auto device : m.away)
      if (const auto& names = numbers_.names(); device.value < names.size())
        away_.insert(names[device.value]);
  }

  departure_promise on_await_departures(const await_departures& m) {
    delayed_send(this, m.patience, patience_over_atom::value);
    delayed_send(this, m.return_grace, grace_over_atom::value);
    auto promise = make_response_promise<departure_promise>();
    departures_.push_back(promise);
    tell_if_all_gone();
    return promise;
  }

  void on_session_gone(const session_gone& m) {
    const auto found = connections_.find(m.who);
    if (found == connections_.end()) return;
    // The device may not have heard of the end.
    if (m.was_lost && awaits_return_ && !found->second.name.empty())
      away_.insert(found->second.name);
    connections_.erase(found);
    tell_if_all_gone();
  }

  void tell_if_all_gone() {
    if (!away_.empty() || (is_patient_ && !connections_.empty())) return;
    for (auto& promise : departures_) promise.deliver(done_atom::value);
    departures_.clear();
  }

  void on_close() {
    for (const auto& [address, one] : connections_)
      send(one.session, end_session{"the server ends"});
    quit();
  }

  /// Null while the gate is closed.
  std::shared_ptr<const session_setup> setup_;
  std::map<caf::actor_addr, connection> connections_;
  number_book numbers_;
  /// Names of the devices that have not heard of the end and may still come back.
  std::set<std::string> away_;
  bool awaits_return_ = false;
  std::vector<departure_promise> departures_;
  /// Whether a look_at_waiting message is on its way.
  bool is_looking_ = false;
  bool is_patient_ = true;
  bool over_ = false;
  bool is_unfinished_ = false;
};

}  // namespace

gate_keeper_actor spawn_gate(caf::actor_system& system, std::vector<std::string> names) {
  return caf::actor_cast<gate_keeper_actor>(system.spawn<gate>(std::move(names)));
}

}  // namespace verge
