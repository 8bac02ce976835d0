// A device as a process of its own: one connection after another, until the run is over.
//
//   connecting -- hello --> greeted -- proof --> admitted -- join --> member -- run_over --> done
//       ^                                                               |
//       +----- a pause, twice as long each time ----- the link is lost -+
//
// device_setup owns what outlives a connection: data, trainer and codec state. A connection has its
// session, the device actor, and a blocking actor here. The end of that actor tells the server's
// session that this end is gone.

#include "verge/runtime/node_device.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <thread>

#include "messages/kill_point.hpp"
#include "runtime/node/back_off.hpp"
#include "runtime/node/device_setup.hpp"
#include "runtime/node/node_log.hpp"
#include "runtime/node/node_system.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// Time limit of an answer from the gate or a session, which only has to look something up.
constexpr std::chrono::seconds answer_patience{10};
constexpr std::chrono::milliseconds between_looks{200};

std::optional<tls_files> tls_of(const node_device_options& how) {
  if (how.keys) return device_tls_files(*how.keys);
  if (!how.insecure && !how.server.is_loopback())
    throw bad_input(
        fmt::format("--server {}: is on another host; expected --keys DIR (the folder "
                    "that verge keys device made), or --insecure to do without",
                    how.server.text()));
  return std::nullopt;
}

std::string name_of(const node_device_options& how) {
  if (how.keys) return device_name_in(*how.keys);
  if (!how.name.empty()) {
    if (!is_device_name(how.name))
      throw bad_input(fmt::format("--name {}: expected {}", how.name, device_name_words));
    return how.name;
  }
  if (how.shard) return shard_name(how.shard->number);
  char host[256] = "device";
  ::gethostname(host, sizeof host - 1);
  return is_device_name(host) ? host : "device";
}

class device_node {
public:
  explicit device_node(const node_device_options& how)
      : how_(how),
        tls_(tls_of(how)),
        name_(name_of(how)),
        log_(how.out, how.format, false),
        system_(1, tls_, how.timing) {}

  void run() {
    auto give_up_at = clock_type::now() + how_.patience;
    while (!stopped()) {
      const auto end = connect_once();
      if (end == ending::over) return;
      if (stopped()) break;
      if (end == ending::lost) {
        pauses_.reset();
        give_up_at = clock_type::now() + how_.patience;
      }
      if (clock_type::now() >= give_up_at) return give_up();
      pause(pauses_.next());
    }
    log_.say("ended", "left the run, as it was told to");
  }

private:
  /// How a connection ended.
  enum class ending { over, left, lost, failed };

  // -- one connection -----------------------------------------------------------------------------

  ending connect_once() {
    const auto gate = system_.connect(how_.server);
    if (!gate) return failed(system_.why_no_link(gate.error()));
    kill_point("connected");
    // The session at the other end monitors it.
    caf::scoped_actor self{system_.actors()};
    sealed<invitation> answer;
    session_actor session;
    std::string failure;
    self->request(*gate, answer_patience, seal(hello{protocol_version, name_}))
        .receive(
            [&](const sealed<invitation>& m, const session_actor& s) {
              answer = m;
              session = s;
            },
            [&](const caf::error& e) { failure = system_.why_no_link(e); });
    if (!failure.empty()) return failed(failure);
    const auto invited = unseal(answer);
    if (!invited) throw bad_input(fmt::format("{}: {}", how_.server.text(), invited.reason()));
    if (invited->is_over) {
      log_.say("ended", "the run has ended");
      forget_run(self, invited->ended_run);
      return ending::over;
    }
    if (invited->come_back) return failed(invited->refused_because);
    if (!invited->refused_because.empty() || !session) throw refused(invited->refused_because);
    return be_member(self, *invited, session);
  }

  ending be_member(caf::scoped_actor& self, const invitation& invited,
                   const session_actor& session) {
    if (setup_ && setup_->terms() != invited.terms) setup_.reset();  // another run
    if (!setup_) {
      log_.say("invited",
               fmt::format("arm {} of {}: {} devices, network {}, codecs {} up and {} down",
                           invited.terms.arm, invited.terms.experiment, invited.terms.devices,
                           invited.terms.network, invited.terms.codec_up, invited.terms.codec_down),
               {{"experiment", invited.terms.experiment}, {"arm", invited.terms.arm}});
      or_decline(self, session, [&] {
        setup_ = std::make_unique<device_setup>(system_.actors(), invited.terms, name_, how_);
      });
    }
    kill_point("invited");
    std::string signature, failure;
    or_decline(self, session, [&] { signature = signature_for(invited); });
    admission admitted;
    self->request(session, answer_patience, seal(proof{signature, setup_->wants()}))
        .receive(
            [&](const sealed<admission>& m) {
              const auto content = unseal(m);
              if (content)
                admitted = *content;
              else
                failure = content.reason();
            },
            [&](const caf::error& e) { failure = system_.why_no_link(e); });
    if (!failure.empty()) return failed(failure);
    if (!admitted.refused_because.empty()) throw refused(admitted.refused_because);
    kill_point("admitted");
    device_actor device;
    or_decline(self, session, [&] {
      device = setup_->spawn(system_.actors(), admitted.device, membership_actor{session},
                             exchange_actor{session}, caf::actor_cast<device_listener>(self));
    });
    return watch(self, device, admitted.device);
  }

  std::string signature_for(const invitation& invited) const {
    if (invited.challenge.empty()) return {};
    if (!how_.keys)
      throw bad_input(fmt::format("{}: the server asks for a proof of the name; expected --keys",
                                  how_.server.text()));
    return sign_as_device(*how_.keys, text_to_sign(invited.terms.run_id, invited.challenge, name_));
  }

  /// Runs `work`. The operator of the server must also learn why this device does not take part, so
  /// an exception is told to the server before it is passed on.
  template <class Work>
  void or_decline(caf::scoped_actor& self, const session_actor& session, Work work) const {
    try {
      work();
    } catch (const std::exception& e) {
      self->request(session, answer_patience, seal(decline{e.what()}))
          .receive([](const sealed<admission>&) {}, [](const caf::error&) {});
      throw;
    }
  }

  /// Waits until the device's actor ends, with the run or with the link.
  ending watch(caf::scoped_actor& self, const device_actor& device, device_id number) {
    self->monitor(device);
    ending end = ending::lost;
    std::string refusal, failure;
    bool ended = false, is_finished = false;
    while (!ended) {
      self->receive(
          [&](const device_news& m) {
            tell(m, number);
            if (m.what == device_news::kind::not_taken) refusal = m.reason;
            if (m.what == device_news::kind::joined) {
              joined_once_ = true;
              pauses_.reset();
            }
            if (m.what != device_news::kind::run_over) return;
            end = ending::over;
            failure = m.reason;
            kill_point("run over");
            is_finished = !m.is_unfinished;
          },
          [&](const caf::down_msg&) { ended = true; }, caf::after(between_looks) >> [] {});
      if (stopped()) {
        caf::anon_send_exit(device, caf::exit_reason::user_shutdown);
        if (end == ending::lost) end = ending::left;
      }
    }
    if (is_finished) forget_run(self, setup_->terms().run_id);
    if (!refusal.empty()) throw refused(refusal);
    if (!failure.empty()) throw run_failure(fmt::format("the run has failed: {}", failure));
    if (end == ending::lost)
      log_.say("lost", fmt::format("the link to {} is lost", how_.server.text()));
    return end;
  }

  /// Removes the state of a run that has ended from the disk, because it is of no further use.
  void forget_run(caf::scoped_actor& self, const std::string& run_id) const {
    if (setup_) setup_->close(self);
    if (!how_.state) return;
    for (const auto& kind : {residual_file::kind, device_memory_file::kind})
      device_file::remove(kind, *how_.state, run_id, name_);
  }

  // -- saying it ----------------------------------------------------------------------------------

  void tell(const device_news& m, device_id number) {
    const auto round = std::uint64_t{m.round.value};
    switch (m.what) {
      case device_news::kind::joined:
        return log_.say("joined",
                        fmt::format("joined {} as device {}", how_.server.text(), number.value),
                        {{"device", std::uint64_t{number.value}}});
      case device_news::kind::asked:
        return log_.say("asked", fmt::format("round {}", m.round.value), {{"round", round}});
      case device_news::kind::gave_up:
        return log_.say("gave_up", fmt::format("round {}: {}", m.round.value, m.reason),
                        {{"round", round}, {"reason", m.reason}});
      case device_news::kind::outcome:
        return log_.say("outcome",
                        fmt::format("round {}: {}{}{}", m.round.value, to_string(m.fate),
                                    m.reason.empty() ? "" : ": ", m.reason),
                        {{"round", round}, {"fate", to_string(m.fate)}, {"reason", m.reason}});
      case device_news::kind::run_over:
        return log_.say("ended", m.reason.empty() ? "the run has ended" : m.reason);
      case device_news::kind::not_taken:
        return;
    }
  }

  ending failed(const std::string& why) {
    last_failure_ = why;
    log_.say("unreachable", fmt::format("{}: {}; trying again", how_.server.text(), why),
             {{"reason", why}});
    return ending::failed;
  }

  bad_input refused(const std::string& why) const {
    return bad_input(
        fmt::format("{}: the server does not take this device: {}", how_.server.text(), why));
  }

  void give_up() const {
    const auto text = fmt::format(
        "--server {}: not reached in {:.0f} s ({}); expected a verge server there, and keys of one "
        "authority at both ends, or none",
        how_.server.text(), std::chrono::duration<double>(how_.patience).count(), last_failure_);
    if (joined_once_) throw run_failure(text);
    throw bad_input(text);
  }

  // -- waiting ------------------------------------------------------------------------------------

  bool stopped() const { return how_.should_stop && how_.should_stop(); }

  void pause(std::chrono::milliseconds length) const {
    const auto until = clock_type::now() + length;
    while (!stopped() && clock_type::now() < until)
      std::this_thread::sleep_for(
          std::min<clock_type::duration>(between_looks, until - clock_type::now()));
  }

  const node_device_options& how_;
  const std::optional<tls_files> tls_;
  const std::string name_;
  node_log log_;
  node_system system_;
  std::unique_ptr<device_setup> setup_;
  back_off pauses_;
  std::string last_failure_;
  bool joined_once_ = false;
};

}  // namespace

std::string shard_name(std::uint32_t number) {
  return fmt::format("shard-{}", number);
}

shard_choice read_shard_choice(const std::string& text) {
  const auto slash = text.find('/');
  const auto wrong = [&] {
    return bad_input(fmt::format("--shard {}: expected K/N, shard K of N, counted from 1", text));
  };
  if (slash == std::string::npos) throw wrong();
  shard_choice choice;
  const auto read = [&](std::size_t begin, std::size_t end, std::uint32_t& number) {
    const auto [last, error] = std::from_chars(text.data() + begin, text.data() + end, number);
    if (error != std::errc{} || last != text.data() + end || number == 0) throw wrong();
  };
  read(0, slash, choice.number);
  read(slash + 1, text.size(), choice.of);
  if (choice.number > choice.of) throw wrong();
  return choice;
}

void run_node_device(const node_device_options& how) {
  if (how.shard.has_value() == !how.data_files.empty())
    throw bad_input("expected either --shard K/N or --data FILE...");
  device_node{how}.run();
}

}  // namespace verge
