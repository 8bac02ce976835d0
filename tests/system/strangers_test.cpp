// Devices and messages that a server refuses, over real sockets with mutual TLS. The run during
// which this happens ends on the bits of an undisturbed run.

#include <boost/test/unit_test.hpp>

#include "system/attacker.hpp"
#include "system/expired.hpp"
#include "system/guarded_place.hpp"
#include "system/noise_maker.hpp"
#include "verge/model/network.hpp"

using namespace verge;
using namespace verge::test;

namespace {

struct attacked_place : guarded_place {
  attacked_place() {
    others.add_device("till-1");
    add_arm("lb", "strategy = \"large_batch\"\nrounds = 30\nevaluate_every = 10");
  }

  std::string expected_hash() const {
    const auto out = path() / "in-one-process";
    auto run = start({"run", experiment(), "--out", out.string()});
    BOOST_REQUIRE(run->wait() == 0);
    const auto summary = nlohmann::json::parse(std::ifstream{out / "summary.json"});
    return summary["arms"][0]["model_sha256"];
  }

  /// Keys of an authority that the server does not know.
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
  attacked_place place;
  server_process server{place, "lb", place.server_words()};
  std::vector<std::unique_ptr<logged_process>> devices;
  for (int k = 1; k <= 3; ++k) devices.push_back(place.start_till(server.address(), k));
  for (int k = 1; k <= 3; ++k)
    server.wait_for("\"name\":\"till-" + std::to_string(k) +
                    "\",\"device\":" + std::to_string(k - 1) + ",\"reason\":\"\"}");

  const noise_maker noise{server.port()};
  // Without a certificate, or with one of another authority, the handshake fails and no message is
  // read.
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
               "'till-4' speaks protocol 99; this run speaks 3");
    // The certificate is till-4's, but the name is another device's.
    const auto invited = thief.greet("till-1");
    BOOST_TEST(thief.prove(invited, "till-1", device_id{0}).refused_because ==
               "the signature is not of the key that 'till-1' is listed with");
  }
  {
    // A device of the run that sends messages in another device's name.
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
    // It sends blocks without a grant, again and again. Each is refused, until the connection is
    // ended.
    const auto block = seal(update_block{round_id{1}, device_id{3}, block_index{0}, "none", bytes});
    const int answered = member.count_answered<block_ack>(block, 10000);
    BOOST_TEST(answered > 500);
    BOOST_TEST(answered < 1100);
  }
  // Meanwhile no honest device's link was closed.
  server.wait_for("of its messages were refused");
  BOOST_TEST(count_of("\"event\":\"left\"", server.process().error()) == 1u);

  devices.push_back(place.start_till(server.address(), 4));
  BOOST_TEST(server.finished_hash() == place.expected_hash());
  for (auto& one : devices) BOOST_TEST(one->wait() == 0, one->error());
  for (const auto& line : server.ledger()) BOOST_TEST(line["used"] == 4);
  const auto log = server.process().error();
  BOOST_TEST(log.find("till-5 was turned away: 'till-5' has been revoked") != std::string::npos);
  BOOST_TEST(log.find("speaks protocol 99") != std::string::npos);
  BOOST_TEST(log.find("is not of the key that 'till-1' is listed with") != std::string::npos);
  BOOST_TEST(log.find("device 3 speaks for device 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_link_that_comes_to_nothing_is_explained_at_both_ends) {
  attacked_place place;
  place.keys.add_device("till-6");
  server_process with_keys{place, "lb", place.server_words()};
  const auto shard = [&](const std::string& address, std::vector<std::string> more) {
    more.insert(more.end(), {"--patience", "0.5"});
    return start_device(place, address, 4, more);
  };
  const auto check = [](server_process& server, logged_process& device, const std::string& there,
                        const std::string& here) {
    BOOST_TEST(device.wait() == 2, device.error());
    BOOST_TEST(device.error().find("\"reason\":\"" + there) != std::string::npos, device.error());
    const auto line = "no link with 127.0.0.1: " + here;
    server.wait_for(line);
    // This holds however often it has tried.
    BOOST_TEST(count_of(line, server.process().error()) == 1u, server.process().error());
  };
  {
    auto plain = shard(with_keys.address(), {});
    check(with_keys, *plain,
          "the server speaks with encryption; expected --keys DIR with keys that it knows",
          "it speaks without encryption, or is none of verge's");
  }
  {
    const auto keys = place.others.folder() / "devices" / "till-1";
    auto foreign = shard(with_keys.address(), {"--keys", keys.string()});
    check(with_keys, *foreign,
          "the server's certificate is of another authority than this device's",
          "it says that this server's certificate is of another authority than its");
  }
  {
    place.add_arm("plain", "strategy = \"large_batch\"\nrounds = 1");
    server_process without{place, "plain"};
    auto encrypted = shard(without.address(), {"--keys", place.of("till-1").string()});
    check(without, *encrypted, "the server speaks without encryption, or is none of verge's",
          "it speaks with encryption, this server without; expected --keys at both ends or at "
          "none");
  }
  // A certificate of the right authority that has expired. A device checks its own certificate, so
  // this device is played here.
  const auto expired = expire(place.of("till-2"), place.keys.folder());
  node_system device{1, expired, {}};
  const auto gate = device.connect({"127.0.0.1", static_cast<std::uint16_t>(with_keys.port())});
  BOOST_REQUIRE(!gate);
  BOOST_TEST(device.why_no_link(gate.error()) ==
             "the server says that this device's certificate is not good: certificate expired");
  with_keys.wait_for(
      "no link with 127.0.0.1: its certificate is not good: certificate has expired");
  // A device that is not listed, and one that was revoked, get a link, and the gate refuses them.
  const auto list = place.keys.folder() / "devices.toml";
  auto text = read_file(list);
  text.erase(text.rfind("[["));
  write_file(list, text);
  for (const auto& [name, why] :
       {std::pair{"till-6", "is not a known device"}, std::pair{"till-5", "has been revoked"}}) {
    auto refused = shard(with_keys.address(), {"--keys", place.of(name).string()});
    BOOST_TEST(refused->wait() == 2, refused->error());
    const auto reason = "'" + std::string(name) + "' " + why;
    BOOST_TEST(refused->error().find(reason) != std::string::npos, refused->error());
    with_keys.wait_for(std::string(name) + " was turned away: " + reason);
  }
}

BOOST_AUTO_TEST_CASE(noise_does_not_fill_the_log) {
  attacked_place place;
  server_process with_keys{place, "lb", place.server_words()};
  place.add_arm("plain", "strategy = \"large_batch\"\nrounds = 1");
  server_process without{place, "plain"};
  for (auto* server : {&with_keys, &without}) {
    noise_maker noise{server->port()};
    server->wait_for("no link with 127.0.0.1: ");
    noise.wait_for(50);
  }
  // A few reasons, each once.
  for (auto* server : {&with_keys, &without})
    BOOST_TEST(count_of("no link with ", server->process().error()) < 10u,
               server->process().error());
}

BOOST_AUTO_TEST_CASE(a_device_cannot_pose_as_the_server) {
  attacked_place place;
  // A keyring whose server files are made of a device's.
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
