// Role: one connection of a device of another process. Spawned by the gate. It monitors the actor
// that said hello. It hears of the end of the run from the gate, which hears of it from the
// coordinator.
//
//   greeted -- proof --> claiming -- number --> admitted -- join --> joining -- welcome --> member
//      |                    |                      |                   |                      |
//      +--------------------+- refused, declined, or patience is over -+                      |
//      v                                                                                      v
//     end <-- the connection ends, the device comes back on another one, the gate closes -----+
//
// The session checks that a message of the device has the number of that device, and passes it on
// as it came. Answers go back the same way. A message of another node than the one that said hello
// is dropped without an answer, because no honest program sends one.
//
// The coordinator does not talk to the session, because other nodes can reach a session. It talks
// to a stand-in for the device, an actor beside the session that no other node can reach. The
// stand-in forwards each message to the session in a type that no other node can send.

#include "actors/gate/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/gate/shielded_actor.hpp"
#include "messages/kill_point.hpp"

namespace verge {

namespace {

/// Refusals per connection that are logged. If the connection is ended for its refusals, their
/// total is logged then.
constexpr std::uint32_t most_logged_refusals = 20;

/// The answer to a request of a connection that is no longer usable.
constexpr auto closed = caf::sec::request_receiver_down;

/// The actor that the coordinator takes for the device.
device_actor::behavior_type stand_in(device_actor::pointer self, own_session_actor session) {
  return {
      [=](const sealed<open_round>& m) { self->send(session, to_device{m}); },
      [=](const sealed<round_outcome>& m) { self->send(session, to_device{m}); },
      [=](const sealed<run_over>& m) { self->send(session, to_device{m}); },
  };
}

class session final : public shielded_actor<own_session_actor> {
public:
  session(caf::actor_config& config, std::shared_ptr<const session_setup> setup, number_giver gate,
          session_peer peer)
      : shielded_actor(config),
        setup_(std::move(setup)),
        gate_(std::move(gate)),
        peer_(std::move(peer)) {}

  const char* name() const override { return "session"; }

  behavior_type make_behavior() override {
    monitor(caf::actor_cast<caf::actor_addr>(peer_.who));
    set_down_handler([this](const caf::down_msg& m) {
      if (m.source == peer_.who)
        end(knows_the_end_ ? "the run is over" : "the connection has ended", m.reason);
    });
    return {
        [this](const sealed<proof>& m) { return on_proof(m); },
        [this](const sealed<join>& m, const device_actor& who) { return on_join(m, who); },
        [this](const sealed<work_failed>& m) { on_work_failed(m); },
        [this](const sealed<download_ended>& m) {
          if (is_passed(unseal(m))) send(setup_->server, m);
        },
        [this](const sealed<model_request>& m) { return pass_on<model_block>(m); },
        [this](const sealed<upload_request>& m) { return pass_on<upload_grant>(m); },
        [this](const sealed<update_block>& m) { return pass_on<block_ack>(m); },
        [this](const sealed<decline>& m) { return on_decline(m); },
        [this](const to_device& m) { on_to_device(m); },
        [this](const end_session& m) { end(m.reason); },
        [this](const join_patience_over&) {
          if (stage_ != stage::member) end("it has not joined in time");
        },
    };
  }

private:
  enum class stage { greeted, claiming, admitted, joining, member, ended };

  // -- letting in ---------------------------------------------------------------------------------

  caf::result<sealed<admission>> on_proof(const sealed<proof>& m) {
    if (!is_from_peer()) return closed;
    count_up(m);
    if (stage_ != stage::greeted) return refuse_admission("it has proved its name already");
    const auto given = unseal(m);
    if (!given) return refuse_admission(given.reason());
    const auto text = text_to_sign(setup_->terms.run_id, peer_.challenge, peer_.name);
    if (setup_->known && !setup_->known->proves(peer_.name, text, given->signature))
      return refuse_admission(
          fmt::format("the signature is not of the key that '{}' is listed with", peer_.name));
    stage_ = stage::claiming;
    auto promise = make_response_promise<caf::typed_response_promise<sealed<admission>>>();
    request(gate_, caf::infinite, claim_number{peer_.name, given->wants})
        .then([this, promise](const claimed_number& claimed) mutable {
          if (stage_ != stage::claiming) return;
          if (claimed.come_back) {
            // No refusal is sent, because it would tell the device not to come again.
            end(claimed.refused_because);
            promise.deliver(caf::make_error(closed));
          } else {
            promise.deliver(on_number(claimed));
          }
        });
    return promise;
  }

  sealed<admission> on_number(const claimed_number& claimed) {
    if (!claimed.refused_because.empty()) return refuse_admission(claimed.refused_because);
    device_ = claimed.device;
    stage_ = stage::admitted;
    return counted_down(seal(admission{{}, device_}));
  }

  sealed<admission> refuse_admission(const std::string& why) {
    const auto answer = counted_down(seal(admission{why, {}}));
    end(why);
    return answer;
  }

  /// The name need not have been proved: all that follows is that this device does not take part.
  caf::result<sealed<admission>> on_decline(const sealed<decline>& m) {
    if (!is_from_peer()) return closed;
    const auto said = unseal(m);
    return refuse_admission(said ? "it cannot take part: " + said->reason : said.reason());
  }

  caf::result<sealed<welcome>> on_join(const sealed<join>& m, const device_actor& who) {
    if (!is_from_peer() || !who || who.node() != peer_.who->node()) return closed;
    const auto request_to_join = unseal(m);
    std::string why;
    if (!request_to_join)
      why = request_to_join.reason();
    else if (stage_ != stage::admitted)
      why = "a join without an admission";
    else if (request_to_join->device != device_)
      why =
          fmt::format("device {} joins as device {}", device_.value, request_to_join->device.value);
    if (!why.empty()) {
      end(why);
      return seal(welcome{why, {}});
    }
    stage_ = stage::joining;
    who_ = who;
    send(setup_->coordinator, peer_.bytes);
    auto promise = make_response_promise<caf::typed_response_promise<sealed<welcome>>>();
    stand_in_ = home_system().spawn(stand_in, own_session_actor{this});
    request(setup_->coordinator, caf::infinite, m, stand_in_)
        .then([this, promise](const sealed<welcome>& answer) mutable {
          on_welcome(answer);
          promise.deliver(answer);
        });
    return promise;
  }

  void on_welcome(const sealed<welcome>& m) {
    if (stage_ != stage::joining) return;
    const auto answer = unseal(m);
    if (!answer || !answer->refused_because.empty())
      return end(answer ? answer->refused_because : answer.reason());
    stage_ = stage::member;
    kill_point("join");
    log(session_event::kind::joined, {});
  }

  // -- a member's messages ------------------------------------------------------------------------

  template <class Answer, class Message>
  caf::result<sealed<Answer>> pass_on(const sealed<Message>& m) {
    if (!is_from_peer()) return closed;
    const auto content = unseal(m);
    if (const auto why = why_not_passed(content); !why.empty()) {
      count_refusal(why);
      return closed;
    }
    auto promise = make_response_promise<caf::typed_response_promise<sealed<Answer>>>();
    // Not delegated, because then the server would answer, and the device would know the server
    // from then on.
    request(setup_->server, caf::infinite, m)
        .then(
            [this, promise](sealed<Answer>& answer) mutable {
              const auto said = unseal(answer);
              if (said && !said->refused_because.empty()) count_refusal(said->refused_because);
              promise.deliver(std::move(answer));
            },
            [promise](const caf::error&) mutable { promise.deliver(caf::make_error(closed)); });
    return promise;
  }

  void on_work_failed(const sealed<work_failed>& m) {
    const auto content = unseal(m);
    if (!is_passed(content)) return;
    if (unanswered_orders_ == 0)
      return count_refusal(fmt::format("device {} gives up round {} without an order",
                                       device_.value, content->round.value));
    --unanswered_orders_;
    log(session_event::kind::gave_up, content->reason);
    send(setup_->coordinator, m);
  }

  /// For a message that gets no answer.
  template <class Message>
  bool is_passed(const result<Message>& content) {
    if (!is_from_peer()) return false;
    const auto why = why_not_passed(content);
    if (!why.empty()) count_refusal(why);
    return why.empty();
  }

  template <class Message>
  std::string why_not_passed(const result<Message>& content) const {
    // A member that is asked again may get its order before its welcome.
    if (stage_ != stage::member && stage_ != stage::joining) return "it has not joined";
    if (!content) return content.reason();
    if (content->device != device_)
      return fmt::format("device {} speaks for device {}", device_.value, content->device.value);
    return {};
  }

  void count_refusal(const std::string& why) {
    if (++refusals_ <= most_logged_refusals) log(session_event::kind::refused, why);
    if (refusals_ <= setup_->most_refusals) return;
    end(fmt::format("{} of its messages were refused", refusals_));
  }

  void on_to_device(const to_device& m) {
    if (std::holds_alternative<sealed<open_round>>(m.message)) {
      ++unanswered_orders_;
      // Messages of an honest device are refused, too: its requests at the moment when the last
      // round was closed.
      refusals_ -= std::min(refusals_, most_blocks_asked_for);
    }
    knows_the_end_ |= std::holds_alternative<sealed<run_over>>(m.message);
    if (stage_ == stage::member || stage_ == stage::joining)
      return std::visit([this](const auto& message) { send(who_, message); }, m.message);
    if (std::holds_alternative<sealed<run_over>>(m.message)) end("the run has ended");
  }

  // -- the end ------------------------------------------------------------------------------------

  /// Logs that a member has left, or that any other device was turned away. `reason`: for the gate,
  /// which waits for a device whose link was lost.
  void end(const std::string& why, const caf::error& reason = caf::exit_reason::normal) {
    if (stage_ == stage::ended) return;
    const bool was_member = stage_ == stage::member;
    log(was_member ? session_event::kind::left : session_event::kind::turned_away, why);
    stage_ = stage::ended;
    if (stand_in_) send_exit(stand_in_, caf::exit_reason::user_shutdown);
    quit(reason);
  }

  bool is_from_peer() {
    const auto& from = current_sender();
    return from && from->node() == peer_.who->node();
  }

  template <class Message>
  void count_up(const sealed<Message>& m) {
    peer_.bytes.up += m.encoded_size();
  }

  template <class Message>
  sealed<Message> counted_down(sealed<Message> m) {
    peer_.bytes.down += m.encoded_size();
    return m;
  }

  void log(session_event::kind what, const std::string& reason) const {
    if (!setup_->log) return;
    const bool has_number = stage_ != stage::greeted && stage_ != stage::claiming;
    setup_->log({what, peer_.name, has_number ? std::optional{device_} : std::nullopt, reason});
  }

  const std::shared_ptr<const session_setup> setup_;
  const number_giver gate_;
  session_peer peer_;
  stage stage_ = stage::greeted;
  device_id device_;
  /// The device's actor, once it has asked to join, and the actor that the coordinator takes for
  /// it.
  device_actor who_;
  device_actor stand_in_;
  /// Whether the device has been told that no more rounds will come.
  bool knows_the_end_ = false;
  std::uint32_t refusals_ = 0;
  /// Orders that the device may still give up. Each give-up has a line in the log, so there can be
  /// no more lines than orders.
  std::uint32_t unanswered_orders_ = 0;
};

}  // namespace

own_session_actor spawn_session(caf::actor_system& system,
                                std::shared_ptr<const session_setup> setup, number_giver gate,
                                session_peer peer) {
  return caf::actor_cast<own_session_actor>(
      system.spawn<session>(std::move(setup), std::move(gate), std::move(peer)));
}

}  // namespace verge
