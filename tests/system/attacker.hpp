#pragma once

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/node/node_system.hpp"

namespace verge::test {

/// An attacker's own program: it speaks the protocol over one connection, with the keys of a
/// device.
class attacker {
public:
  attacker(const std::filesystem::path& keys, int port)
      : keys_(keys), system_(1, device_tls_files(keys), {}), self_(system_.actors()) {
    const auto gate = system_.connect({"127.0.0.1", static_cast<std::uint16_t>(port)});
    if (!gate) throw std::runtime_error(system_.actors().render(gate.error()));
    gate_ = *gate;
  }

  // It has been sent somewhere, so it does not end by itself.
  ~attacker() {
    if (device_) caf::anon_send_exit(device_, caf::exit_reason::user_shutdown);
  }

  invitation greet(const std::string& name, std::uint32_t protocol = protocol_version) {
    invitation answer;
    self_->request(gate_, patience, seal(hello{protocol, name}))
        .receive(
            [&](const sealed<invitation>& m, const session_actor& s) {
              answer = *unseal(m);
              session_ = s;
            },
            [&](const caf::error& e) { BOOST_FAIL(system_.actors().render(e)); });
    return answer;
  }

  admission prove(const invitation& invited, const std::string& name, device_id wants) {
    const auto text = text_to_sign(invited.terms.run_id, invited.challenge, name);
    const auto answer = ask<admission>(seal(proof{sign_as_device(keys_, text), wants}));
    BOOST_REQUIRE(answer);
    return *answer;
  }

  /// Joins with a device that only records what it hears.
  welcome join_as(device_id number, const std::string& manifest_hash, std::uint64_t samples,
                  const std::vector<std::string>& codecs = {codec_none}) {
    device_ =
        system_.actors().spawn([test = caf::actor_cast<device_actor>(self_)](
                                   device_actor::pointer self) -> device_actor::behavior_type {
          return {[=](const sealed<open_round>& m) { self->send(test, m); },
                  [=](const sealed<round_outcome>& m) { self->send(test, m); },
                  [=](const sealed<run_over>& m) { self->send(test, m); }};
        });
    const auto answer =
        ask<welcome>(seal(join{protocol_version, manifest_hash, number, samples, codecs}), device_);
    BOOST_REQUIRE(answer);
    return *answer;
  }

  /// The next round in which the device is asked.
  open_round next_order() { return hear<open_round>("no order"); }

  /// The outcome of its update of `round`.
  round_outcome outcome_of(round_id round) {
    auto outcome = hear<round_outcome>("no outcome");
    while (outcome.round < round) outcome = hear<round_outcome>("no outcome");
    return outcome;
  }

  /// Waits for the end of the run, because the server waits for members that have not heard of it.
  run_over end_of_run() { return hear<run_over>("no end"); }

  /// The answer; unset where it is an error or never comes.
  template <class Answer, class... Message>
  std::optional<Answer> ask(const Message&... message) {
    std::optional<Answer> answer;
    self_->request(session_, patience, message...)
        .receive([&](const sealed<Answer>& m) { answer = *unseal(m); }, [](const caf::error&) {});
    return answer;
  }

  /// Whether a message was answered, and not by an error.
  template <class Answer, class Message>
  bool is_answered(const Message& message) {
    return ask<Answer>(message).has_value();
  }

  /// How many of `most` messages, one after the other, were answered before one was not. A session
  /// that has ended says nothing, so this waits for the last.
  template <class Answer, class Message>
  int count_answered(const Message& message, int most) {
    for (int answered = 0; answered < most; ++answered) {
      bool is_last = true;
      self_->request(session_, std::chrono::seconds{5}, message)
          .receive([&](const sealed<Answer>&) { is_last = false; }, [](const caf::error&) {});
      if (is_last) return answered;
    }
    return most;
  }

  void say(const sealed<work_failed>& message) { self_->send(session_, message); }

  /// Sends messages that a session takes only from the server's own side, and must not take from
  /// here.
  void forge_the_coordinators_words() {
    const auto session = caf::actor_cast<caf::actor>(session_);
    self_->send(session, seal(run_over{"forged"}));
    self_->send(session, seal(round_outcome{round_id{1}, update_fate::used, {}, {}}));
    caf::anon_send_exit(session, caf::exit_reason::kill);
    caf::anon_send_exit(caf::actor_cast<caf::actor>(gate_), caf::exit_reason::kill);
  }

private:
  static constexpr std::chrono::seconds patience{30};

  template <class Message>
  Message hear(const char* otherwise) {
    Message heard;
    self_->receive([&](const sealed<Message>& m) { heard = *unseal(m); },
                   caf::after(patience) >> [&] { BOOST_FAIL(otherwise); });
    return heard;
  }

  std::filesystem::path keys_;
  node_system system_;
  caf::scoped_actor self_;
  gate_actor gate_;
  session_actor session_;
  device_actor device_;
};

}  // namespace verge::test
