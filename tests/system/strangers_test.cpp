// Who and what a server refuses, over real sockets with mutual TLS. The run in the middle of it ends on the
// bits of an undisturbed one.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <random>
#include <thread>

#include "node_system.hpp"
#include "system/node_processes.hpp"
#include "verge/model/network.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// A program of an attacker's own that speaks the protocol, with the keys of a device.
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
    if (idle_) caf::anon_send_exit(idle_, caf::exit_reason::user_shutdown);
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
    admission answer;
    self_->request(session_, patience, seal(proof{sign_as_device(keys_, text), wants}))
        .receive([&](const sealed<admission>& m) { answer = *unseal(m); },
                 [&](const caf::error& e) { BOOST_FAIL(system_.actors().render(e)); });
    return answer;
  }

  /// Joins with a device that does nothing.
  welcome join_as(device_id number, const std::string& manifest_hash, std::uint64_t samples) {
    idle_ = system_.actors().spawn([](device_actor::pointer) -> device_actor::behavior_type {
      return {[](const sealed<open_round>&) {}, [](const sealed<round_outcome>&) {},
              [](const sealed<run_over>&) {}};
    });
    welcome answer;
    self_
        ->request(session_, patience,
                  seal(join{protocol_version, manifest_hash, number, samples, {codec_none}}), idle_)
        .receive([&](const sealed<welcome>& m) { answer = *unseal(m); },
                 [&](const caf::error& e) { BOOST_FAIL(system_.actors().render(e)); });
    return answer;
  }

  /// Whether a message was answered, and not by an error.
  template <class Answer, class Message>
  bool is_answered(const Message& message) {
    bool answered = false;
    self_->request(session_, patience, message)
        .receive([&](const sealed<Answer>&) { answered = true; }, [&](const caf::error&) {});
    return answered;
  }

  /// What the server's own side of a session takes; from here it must not.
  void forge_the_coordinators_words() {
    const auto session = caf::actor_cast<caf::actor>(session_);
    self_->send(session, seal(run_over{"forged"}));
    self_->send(session, seal(round_outcome{round_id{1}, update_fate::used, {}, {}}));
    caf::anon_send_exit(session, caf::exit_reason::kill);
    caf::anon_send_exit(caf::actor_cast<caf::actor>(gate_), caf::exit_reason::kill);
  }

private:
  static constexpr std::chrono::seconds patience{20};

  std::filesystem::path keys_;
  node_system system_;
  caf::scoped_actor self_;
  gate_actor gate_;
  session_actor session_;
  device_actor idle_;
};

/// Opens connections and writes random bytes until it is told to stop.
class noise_maker {
public:
  explicit noise_maker(int port) : thread_([this, port] { make_noise(port); }) {}
  ~noise_maker() {
    stop_ = true;
    thread_.join();
  }

private:
  void make_noise(int port) {
    std::mt19937 random{1};
    while (!stop_) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in where{};
      where.sin_family = AF_INET;
      where.sin_port = htons(static_cast<std::uint16_t>(port));
      where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::connect(socket, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0) {
        std::vector<unsigned> bytes(1 + random() % 500);
        for (auto& word : bytes) word = random();
        ::send(socket, bytes.data(), bytes.size() * sizeof bytes[0], MSG_NOSIGNAL);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      ::close(socket);
    }
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct guarded_place : node_workplace {
  guarded_place() {
    for (int k = 1; k <= 5; ++k) keys.add_device("till-" + std::to_string(k));
    keys.revoke("till-5");
    others.add_device("till-1");
    add_arm("lb", "strategy = \"large_batch\"\nrounds = 30\nevaluate_every = 10");
  }

  std::filesystem::path of(const std::string& name) const {
    return keys.folder() / "devices" / name;
  }
  std::string expected_hash() const {
    const auto out = path() / "in-one-process";
    auto run = start({"run", experiment(), "--out", out.string()});
    BOOST_REQUIRE(run->wait() == 0);
    const auto summary = nlohmann::json::parse(std::ifstream{out / "summary.json"});
    return summary["arms"][0]["model_sha256"];
  }

  keyring keys = keyring::init(path() / "keys");
  keyring others = keyring::init(path() / "others");
};

std::size_t count_of(const std::string& text, const std::string& in) {
  std::size_t count = 0;
  for (auto at = in.find(text); at != std::string::npos; at = in.find(text, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(strangers_test)

BOOST_AUTO_TEST_CASE(strangers_are_refused_and_the_run_is_the_one_without_them) {
  guarded_place place;
  server_process server{place, "lb", {"--keys", place.keys.folder().string()}};
  const auto device = [&](int k) {
    return start_device(place, server.address(), k,
                        {"--keys", place.of("till-" + std::to_string(k)).string()});
  };
  std::vector<std::unique_ptr<logged_process>> devices;
  for (int k = 1; k <= 3; ++k) devices.push_back(device(k));
  for (int k = 1; k <= 3; ++k)
    server.wait_for("\"name\":\"till-" + std::to_string(k) +
                    "\",\"device\":" + std::to_string(k - 1) + ",\"reason\":\"\"}");

  const noise_maker noise{server.port()};
  // No certificate, and one of another authority: the handshake fails, and they never get to speak.
  auto plain = start_device(place, server.address(), 4, {"--patience", "1.5"});
  auto foreign = start_device(
      place, server.address(), 4,
      {"--patience", "1.5", "--keys", (place.others.folder() / "devices" / "till-1").string()});
  auto revoked = start_device(place, server.address(), 4, {"--keys", place.of("till-5").string()});
  BOOST_TEST(plain->wait() == 2, plain->error());
  BOOST_TEST(foreign->wait() == 2, foreign->error());
  BOOST_TEST(revoked->wait() == 2, revoked->error());
  BOOST_TEST(revoked->error().find("'till-5' has been revoked") != std::string::npos,
             revoked->error());

  {
    attacker thief{place.of("till-4"), server.port()};
    BOOST_TEST(thief.greet("till-4", 99).refused_because ==
               "'till-4' speaks protocol 99; this run speaks 2");
    // The certificate is till-4's, the name another's.
    const auto invited = thief.greet("till-1");
    BOOST_TEST(thief.prove(invited, "till-1", device_id{0}).refused_because ==
               "the signature is not of the key that 'till-1' is listed with");
  }
  {
    // A device of the run that sends what is not its own, and nothing of what it should.
    attacker member{place.of("till-4"), server.port()};
    const auto invited = member.greet("till-4");
    BOOST_TEST(member.prove(invited, "till-4", device_id{3}).refused_because == "");
    network_options options;
    options.name = "mlp";
    options.norm = norm_kind::group;
    options.input = {1, 28, 28};
    const auto layout = network::build(options).layout();
    BOOST_TEST(member.join_as(device_id{3}, layout.hash(), 150).refused_because == "");
    const auto memory = std::make_shared<std::vector<std::uint64_t>>(16, ~0ull);
    const shared_bytes bytes{memory, std::as_bytes(std::span{*memory})};
    const auto other = seal(update_block{round_id{1}, device_id{0}, block_index{0}, "none", bytes});
    BOOST_TEST(!member.is_answered<block_ack>(other));
    BOOST_TEST(!member.is_answered<model_block>(
        seal(model_request{round_id{1}, device_id{0}, {}, block_index{0}})));
    BOOST_TEST(!member.is_answered<upload_grant>(
        seal(upload_request{round_id{1}, device_id{0}, 1, 1, 0.5, 1, 128})));
    member.forge_the_coordinators_words();
    // Without a grant, again and again: answered with a refusal, until the connection is ended.
    const auto block = seal(update_block{round_id{1}, device_id{3}, block_index{0}, "none", bytes});
    int answered = 0;
    while (answered < 10000 && member.is_answered<block_ack>(block)) ++answered;
    BOOST_TEST(answered > 500);
    BOOST_TEST(answered < 1100);
  }
  // While all of this went on, nobody's link was closed.
  server.wait_for("of its messages were refused");
  BOOST_TEST(count_of("\"event\":\"left\"", server.process().error()) == 1u);

  devices.push_back(device(4));
  BOOST_TEST(server.finished_hash() == place.expected_hash());
  for (auto& one : devices) BOOST_TEST(one->wait() == 0, one->error());
  for (const auto& line : server.ledger()) BOOST_TEST(line["used"] == 4);
  const auto log = server.process().error();
  BOOST_TEST(log.find("till-5 was turned away: 'till-5' has been revoked") != std::string::npos);
  BOOST_TEST(log.find("speaks protocol 99") != std::string::npos);
  BOOST_TEST(log.find("is not of the key that 'till-1' is listed with") != std::string::npos);
  BOOST_TEST(log.find("device 3 speaks for device 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_device_cannot_pose_as_the_server) {
  guarded_place place;
  // The server's files of a keyring, made of a device's.
  const auto stolen = place.path() / "stolen";
  std::filesystem::create_directories(stolen);
  std::filesystem::copy(place.of("till-1") / "ca.pem", stolen / "ca.pem");
  std::filesystem::copy(place.of("till-1") / "device.pem", stolen / "server.pem");
  std::filesystem::copy(place.of("till-1") / "device-key.pem", stolen / "server-key.pem");
  std::filesystem::copy(place.keys.folder() / "devices.toml", stolen / "devices.toml");
  server_process server{place, "lb", {"--keys", stolen.string()}};
  auto device = start_device(place, server.address(), 2,
                             {"--patience", "1.5", "--keys", place.of("till-2").string()});
  BOOST_TEST(device->wait() == 2, device->error());
  BOOST_TEST(device->error().find("\"event\":\"joined\"") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
