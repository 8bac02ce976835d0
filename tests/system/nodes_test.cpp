// Servers and devices as processes of their own, over real sockets.

#include <boost/test/unit_test.hpp>
#include <map>

#include "system/node_processes.hpp"

using namespace verge::test;

namespace {

/// The models of all arms by `verge run`, in one process.
std::map<std::string, std::string> hashes_in_one_process(
    const node_workplace& place, const std::vector<std::string>& more = {}) {
  const auto out = place.path() / "in-one-process";
  std::vector<std::string> words{"run", place.experiment(), "--out", out.string(), "--force"};
  words.insert(words.end(), more.begin(), more.end());
  auto run = start(words);
  BOOST_REQUIRE(run->wait() == 0);
  std::map<std::string, std::string> hashes;
  const auto summary = nlohmann::json::parse(std::ifstream{out / "summary.json"});
  for (const auto& arm : summary["arms"]) hashes[arm["name"]] = arm["model_sha256"];
  return hashes;
}

void check_ended_well(std::vector<std::unique_ptr<logged_process>>& devices) {
  for (auto& device : devices) {
    const int status = device->wait();
    BOOST_TEST(status == 0, device->error());
    BOOST_TEST(device->error().find("\"event\":\"ended\"") != std::string::npos);
  }
}

constexpr const char* large_batch = "strategy = \"large_batch\"\nrounds = 5\nevaluate_every = 2";
constexpr const char* federated =
    "strategy = \"federated\"\nlocal_steps = 3\nmomentum = 0.9\nrounds = 4\nevaluate_every = 2";

/// Checks that `verge` prints one line that contains `expected`, and ends with status 2.
void check_refused(const std::vector<std::string>& words, const std::string& expected) {
  auto process = start(words);
  BOOST_TEST(process->wait() == 2, process->error());
  const auto said = process->error();
  BOOST_TEST(said.find(expected) != std::string::npos, said);
  BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 1, said);
}

/// A port where nobody listens now, and probably not in the next moment.
std::string free_address(const node_workplace& place) {
  return server_process{place, "lb"}.address();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nodes_test)

BOOST_AUTO_TEST_CASE(four_processes_train_the_model_of_one) {
  node_workplace place;
  for (const std::string codec : {"none", "topk(0.01)", "int8"}) {
    const auto up = "\ncodec_up = \"" + codec + "\"";
    place.add_arm("lb-" + codec.substr(0, 4), large_batch + up);
    place.add_arm("fed-" + codec.substr(0, 4), federated + up);
  }
  // Each process by itself builds every step down on the ones before.
  place.add_arm("both", std::string(large_batch) +
                            "\ncodec_up = \"topk(0.05)+int8\"\ncodec_down = \"stc(0.05)\"");
  const auto expected = hashes_in_one_process(place);
  BOOST_REQUIRE(expected.size() == 7u);
  for (const auto& [arm, hash] : expected) {
    server_process server{place, arm};
    auto devices = start_devices(place, server.address());
    BOOST_TEST(server.finished_hash() == hash, arm);
    check_ended_well(devices);
    for (const auto& line : server.ledger()) {
      BOOST_TEST(line["used"] == 4);
      BOOST_TEST(line["cohort"] == 4);
    }
    BOOST_TEST(server.summary()["devices"] == 4);
  }
}

BOOST_AUTO_TEST_CASE(up_starts_a_server_and_its_devices) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  const auto out = place.path() / "up";
  auto up = start({"up", place.experiment(), "--out", out.string()});
  BOOST_REQUIRE_MESSAGE(up->wait() == 0, up->error());
  const auto summary = nlohmann::json::parse(std::ifstream{out / "summary.json"});
  BOOST_TEST(summary["arms"][0]["model_sha256"] == hashes_in_one_process(place)["lb"]);
  for (int k = 1; k <= 4; ++k)
    BOOST_TEST(std::filesystem::exists(out / ("device-" + std::to_string(k) + ".log")));
  BOOST_TEST(up->output().find("report: ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_uneven_partition_is_cut_by_every_process_as_by_one) {
  node_workplace place;
  place.add_arm("fed", "strategy = \"federated\"\nrounds = 2\nevaluate_every = 2");
  for (const std::string rule : {"labels(3)", "dirichlet(0.3)"}) {
    const std::vector<std::string> uneven{"--set", "devices.partition=" + rule};
    const auto expected = hashes_in_one_process(place, uneven).at("fed");
    const auto out = place.path() / "up";
    std::vector<std::string> words{"up", place.experiment(), "--out", out.string(), "--force"};
    words.insert(words.end(), uneven.begin(), uneven.end());
    auto up = start(words);
    BOOST_REQUIRE_MESSAGE(up->wait() == 0, up->error());
    const auto read = [](const std::filesystem::path& file) {
      return nlohmann::json::parse(std::ifstream{file});
    };
    BOOST_TEST(read(out / "summary.json")["arms"][0]["model_sha256"] == expected, rule);
    const auto held = read(out / "partition.json");
    BOOST_TEST(held == read(place.path() / "in-one-process" / "partition.json"));
    BOOST_TEST(held["partition"] == rule);
    BOOST_TEST(held["rows"].size() == 4u);
    BOOST_TEST(held["smallest"] < held["largest"]);
  }
  const auto refused = place.path() / "refused";
  check_refused(
      {"up", place.experiment(), "--out", refused.string(), "--set", "devices.partition=labels(2)"},
      "4 devices with 2 labels each leave some of 10 labels out");
  BOOST_TEST(!std::filesystem::exists(refused));
}

BOOST_AUTO_TEST_CASE(a_server_recalibrates_on_samples_that_no_device_has) {
  node_workplace place;
  place.add_arm("lb",
                std::string(large_batch) + "\nnorm = \"batch\"\nbatch_norm = \"recalibrate\"");
  const std::vector<std::string> changed{"--set", "model.name=lenet", "--set",
                                         "data.calibration_samples=200"};
  const auto expected = hashes_in_one_process(place, changed).at("lb");
  const auto out = place.path() / "up";
  std::vector<std::string> words{"up", place.experiment(), "--out", out.string()};
  words.insert(words.end(), changed.begin(), changed.end());
  auto up = start(words);
  BOOST_REQUIRE_MESSAGE(up->wait() == 0, up->error());
  const auto summary = nlohmann::json::parse(std::ifstream{out / "summary.json"});
  BOOST_TEST(summary["arms"][0]["model_sha256"] == expected);
  BOOST_TEST(summary["arms"][0]["norm"] == "batch(recalibrate)");
}

BOOST_AUTO_TEST_CASE(control_variates_are_kept_by_the_processes_of_the_devices) {
  node_workplace place;
  // With a cohort of two of four, devices keep their control variates over rounds in which they are
  // not asked.
  place.add_arm("fed",
                "strategy = \"federated\"\nserver_rule = \"scaffold\"\nrounds = 6\ncohort = 2\n"
                "local_steps = 3\nevaluate_every = 6");
  const auto expected = hashes_in_one_process(place).at("fed");
  server_process server{place, "fed"};
  auto devices = start_devices(place, server.address());
  BOOST_TEST(server.finished_hash() == expected);
  check_ended_well(devices);
}

BOOST_AUTO_TEST_CASE(a_killed_device_that_is_started_again_changes_nothing) {
  node_workplace place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 400\nevaluate_every = 100");
  const auto expected = hashes_in_one_process(place).at("lb");
  server_process server{place, "lb"};
  auto devices = start_devices(place, server.address());
  server.wait_for("\"round\":20,");
  devices[2]->signal(SIGKILL);
  devices[2]->wait();
  server.wait_for("\"event\":\"left\"");
  devices[2] = start_device(place, server.address(), 3);
  BOOST_TEST(server.finished_hash() == expected);
  check_ended_well(devices);
  BOOST_TEST(server.ledger().size() == 400u);
  for (const auto& line : server.ledger()) BOOST_TEST(line["used"] == 4);
}

BOOST_AUTO_TEST_CASE(without_a_device_that_does_not_come_back_rounds_go_on_by_quorum) {
  node_workplace place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 60\nquorum = 0.5\nevaluate_every = 20");
  server_process server{place, "lb", {"--return-grace", "0.3"}};
  auto devices = start_devices(place, server.address());
  server.wait_for("\"round\":5,");
  devices[2]->signal(SIGKILL);
  devices[2]->wait();
  devices.erase(devices.begin() + 2);
  server.finished_hash();
  check_ended_well(devices);
  const auto ledger = server.ledger();
  BOOST_REQUIRE(ledger.size() == 60u);
  BOOST_TEST(ledger.back()["cohort"] == 3);
  BOOST_TEST(ledger.back()["used"] == 3);
  int lost = 0;
  for (const auto& line : ledger) lost += line["lost"].get<int>();
  BOOST_TEST(lost <= 1);
}

BOOST_AUTO_TEST_CASE(rounds_below_the_quorum_are_abandoned_until_the_devices_are_back) {
  node_workplace place;
  place.add_arm("lb",
                "strategy = \"large_batch\"\nrounds = 300\nquorum = 0.75\nevaluate_every = 100");
  server_process server{place, "lb", {"--return-grace", "0.2", "--most-abandoned", "1000000"}};
  auto devices = start_devices(place, server.address());
  server.wait_for("\"round\":5,");
  const auto kill = [&](int k) {
    devices[k]->signal(SIGKILL);
    devices[k]->wait();
  };
  // Killed one after the other: if both were gone for good before the next round opens, it would
  // ask only two.
  kill(1);
  server.wait_for("\"used\":3,");
  kill(2);
  // Without two of three devices the open round is abandoned. Later rounds ask two, and get both.
  server.wait_for("\"used\":0,");
  for (const int k : {1, 2}) devices[k] = start_device(place, server.address(), k + 1);
  server.finished_hash();
  check_ended_well(devices);
  const auto ledger = server.ledger();
  BOOST_REQUIRE(ledger.size() == 300u);
  std::size_t abandoned = 0;
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    BOOST_TEST(ledger[i]["round"] == i + 1);
    abandoned += ledger[i]["used"] == 0;
  }
  BOOST_TEST(abandoned >= 1u);
  BOOST_TEST(abandoned <= 2u);
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_tells_its_devices_why) {
  node_workplace place;
  // The first step diverges.
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 9");
  server_process server{place, "lb", {"--set", "arm.lb.learning_rate=1e30"}};
  auto devices = start_devices(place, server.address());
  BOOST_TEST(server.process().wait() == 1);
  for (auto& device : devices) {
    BOOST_TEST(device->wait() == 1);
    BOOST_TEST(device->error().find("the run has failed: ") != std::string::npos, device->error());
  }
}

BOOST_AUTO_TEST_CASE(of_two_programs_of_one_name_the_first_is_told_and_ends) {
  node_workplace place;
  place.add_arm("lb",
                "strategy = \"large_batch\"\nrounds = 100000\nevaluate_every = 100000\n"
                "codec_up = \"topk(0.05)\"");
  server_process server{place, "lb", {"--min-devices", "1"}};
  const auto state = place.path() / "state";
  const std::vector<std::string> as_till{"--name", "till", "--state", state.string()};
  auto first = start_device(place, server.address(), 1, as_till);
  server.wait_for("\"event\":\"round\"");
  auto second = start_device(place, server.address(), 1, as_till);
  BOOST_TEST(first->wait() == 1);
  BOOST_TEST(first->error().find("another device has joined as 'till'") != std::string::npos);
  // The state under the name now belongs to the second device.
  BOOST_TEST(!std::filesystem::is_empty(state));
  const auto rounds = server.ledger().size();
  server.wait_for("\"round\":" + std::to_string(rounds + 5) + ",");
  server.process().signal(SIGTERM);
  server.finished_hash();
  BOOST_TEST(second->wait() == 0, second->error());
}

BOOST_AUTO_TEST_CASE(a_device_may_come_before_its_server) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  const auto address = free_address(place);
  auto devices = start_devices(place, address);
  BOOST_REQUIRE(devices[0]->wait_for_error_text("\"event\":\"unreachable\""));
  server_process server{place, "lb", {}, address};
  server.finished_hash();
  check_ended_well(devices);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_run_and_its_devices) {
  node_workplace place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 1000000\nevaluate_every = 1000000");
  server_process server{place, "lb"};
  auto devices = start_devices(place, server.address());
  server.wait_for("\"round\":3,");
  server.process().signal(SIGTERM);
  server.finished_hash();
  check_ended_well(devices);
  BOOST_TEST(server.summary()["stopped_early"] == true);
}

BOOST_AUTO_TEST_CASE(what_a_user_got_wrong_is_one_line_and_status_2) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  place.add_arm("fed", federated);
  place.add_arm("all", "strategy = \"centralized\"\nrounds = 1");
  const auto data = place.data().string();
  const auto out = (place.path() / "refused").string();
  const auto file = place.experiment();
  const auto server = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"server", file, "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_refused(server({"--listen", "127.0.0.1:0"}),
                "several arms with devices; expected --arm with one of lb, fed");
  check_refused(server({"--listen", "127.0.0.1:0", "--arm", "all"}), "is centralized");
  check_refused(server({"--listen", "127.0.0.1:0", "--arm", "lbb"}), "--arm lbb: no such arm");
  check_refused(server({"--listen", "somewhere", "--arm", "lb"}),
                "--listen somewhere: expected HOST:PORT");
  check_refused(server({"--listen", "0.0.0.0:0", "--arm", "lb"}),
                "other hosts can reach it; expected --keys DIR");
  check_refused(server({"--listen", "127.0.0.1:0", "--arm", "lb", "--min-devices", "5"}),
                "--min-devices 5: expected at most devices.count, 4");
  check_refused(server({"--listen", "127.0.0.1:0", "--arm", "lb", "--keys", data}),
                "ca.pem: cannot be read");
  check_refused(server({"--listen", "127.0.0.1:0", "--arm", "lb", "--log-format", "xml"}),
                "--log-format: xml not in {text,json}");
  const auto begun = place.path() / "begun";
  std::filesystem::create_directory(begun);
  std::filesystem::copy_file(file, begun / "run.toml");
  check_refused({"server", "--resume", begun.string(), "--listen", "127.0.0.1:0"},
                "holds a run of `verge run`; expected one of `verge server`");
  std::ofstream{begun / "devices.json"};
  check_refused(
      {"server", "--resume", begun.string(), "--listen", "127.0.0.1:0", "--device", "tpu"},
      "--device \"tpu\": expected ");
  server_process running{place, "lb"};
  check_refused(server({"--listen", running.address(), "--arm", "lb"}),
                "--listen " + running.address() + ": cannot listen there");
  BOOST_TEST(!std::filesystem::exists(out));

  const auto device = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"device", "--server", running.address(), "--log-format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  check_refused(device({}), "expected either --shard K/N or --data FILE...");
  check_refused(device({"--shard", "5/4"}), "--shard 5/4: expected K/N");
  check_refused(device({"--shard", "1/4", "--keys", data}), "ca.pem: cannot be read");
  check_refused(device({"--shard", "1/4", "--keys", data, "--name", "x"}),
                "--name x: expected no name beside --keys");
  check_refused({"device", "--server", "192.0.2.1:7", "--shard", "1/4"},
                "is on another host; expected --keys DIR");
}

BOOST_AUTO_TEST_CASE(what_only_the_server_knows_to_be_wrong_ends_the_device_with_status_2) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  server_process server{place, "lb"};
  const auto last_line = [&](std::vector<std::string> words) {
    std::vector<std::string> all{"device", "--server", server.address()};
    all.insert(all.end(), words.begin(), words.end());
    auto process = start(all);
    BOOST_TEST(process->wait() == 2, process->error());
    const auto said = process->error();
    const auto begin = said.rfind('\n', said.size() - 2);
    return said.substr(begin == std::string::npos ? 0 : begin + 1);
  };
  const auto data = place.data().string();
  BOOST_TEST(last_line({"--shard", "1/5", "--data-dir", data}) ==
             "verge: --shard 1/5: the run has 4 devices, expected K/4\n");
  // The server's log says the same.
  server.wait_for(
      "shard-1 was turned away: it cannot take part: --shard 1/5: the run has 4 devices, "
      "expected K/4");
  BOOST_TEST(
      last_line({"--shard", "1/4", "--data-dir", place.path().string()}).find("no such file") !=
      std::string::npos);
  node_workplace smaller;
  smaller.use_small_pictures(599, 28);
  BOOST_TEST(last_line({"--shard", "1/4", "--data-dir", smaller.data().string()}) ==
             "verge: --shard 1/4: " + smaller.data().string() +
                 " holds 599 training samples, the server's data set 600; expected the server's "
                 "data set\n");
  BOOST_TEST(last_line({"--data", data + "/train-images-idx3-ubyte"})
                 .find("expected two, the pictures and their labels") != std::string::npos);
  server.wait_for("it cannot take part: 1 files of data in the format of fashion-mnist; expected");
  // Two devices, one name, two shards.
  auto first = start_device(place, server.address(), 1, {"--name", "till"});
  server.wait_for("\"event\":\"joined\"");
  BOOST_TEST(last_line({"--shard", "2/4", "--data-dir", data, "--name", "till"})
                 .find("it is device 0 of this run") != std::string::npos);
  BOOST_TEST(last_line({"--shard", "1/4", "--data-dir", data, "--name", "other"})
                 .find("'other' wants to be device 0, which is 'till'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_json_log_is_json_to_its_last_line_whatever_goes_wrong) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  const auto failure_in = [](const std::string& said) {
    std::istringstream in{said};
    std::vector<std::string> reasons;
    for (std::string text; std::getline(in, text);) {
      const auto line = nlohmann::json::parse(text, nullptr, false);
      BOOST_TEST(!line.is_discarded(), text);
      if (line.is_object() && line["event"] == "failed") reasons.push_back(line["reason"]);
    }
    BOOST_REQUIRE_MESSAGE(reasons.size() == 1u, said);
    return reasons[0];
  };
  auto none = start({"server", place.experiment(), "--arm", "none", "--listen", "127.0.0.1:0",
                     "--log-format", "json"});
  BOOST_TEST(none->wait() == 2);
  BOOST_TEST(failure_in(none->error()).find("--arm none: no such arm") == 0u, none->error());

  server_process server{place, "lb", {"--set", "arm.lb.learning_rate=1e30"}};
  auto wrong = start({"device", "--server", server.address(), "--shard", "1/5", "--data-dir",
                      place.data().string(), "--log-format", "json"});
  BOOST_TEST(wrong->wait() == 2);
  BOOST_TEST(failure_in(wrong->error()).find("--shard 1/5: the run has 4 devices") == 0u);
  auto devices = start_devices(place, server.address());
  BOOST_TEST(server.process().wait() == 1);
  const auto why = failure_in(server.process().error());
  BOOST_TEST(why.find("diverged") != std::string::npos, why);
  for (auto& device : devices) {
    BOOST_TEST(device->wait() == 1);
    BOOST_TEST(failure_in(device->error()) == "the run has failed: " + why);
  }
}

BOOST_AUTO_TEST_CASE(
    a_shard_of_which_batch_norm_would_see_one_value_a_channel_is_refused_at_the_join) {
  node_workplace place;
  place.use_small_pictures(41, 4);
  place.add_arm("fed", "strategy = \"federated\"\nrounds = 2\nquorum = 0.5\nnorm = \"batch\"");
  server_process server{
      place,
      "fed",
      {"--set", "model.name=strided_cnn", "--set", "arm.fed.batch_size=10", "--min-devices", "3"}};
  // 41 samples on 4 devices: 11, 10, 10 and 10.
  auto too_small = start_device(place, server.address(), 1);
  BOOST_TEST(too_small->wait() == 2, too_small->error());
  const std::string why =
      "device 0 holds 11 samples, and with batches of 10 the last of each epoch has 1: the maps of "
      "batch-norm layer norm3 are 1x1 for samples of 4x4";
  BOOST_TEST(too_small->error().find(why) != std::string::npos, too_small->error());
  std::vector<std::unique_ptr<logged_process>> others;
  for (const int k : {2, 3, 4}) others.push_back(start_device(place, server.address(), k));
  server.finished_hash();
  check_ended_well(others);
  BOOST_TEST(server.process().error().find(why) != std::string::npos, server.process().error());
}

BOOST_AUTO_TEST_CASE(a_shard_of_another_data_set_than_the_servers_is_turned_away) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  server_process server{place, "lb"};
  const auto half = place.path() / "half", other = place.path() / "other",
             more = place.path() / "more";
  node_workplace::write_data(half, 300);
  node_workplace::write_data(other, 600, 600);
  node_workplace::write_data(more, 900);
  const auto check = [&](const std::filesystem::path& data, const std::string& why) {
    auto device = start(
        {"device", "--server", server.address(), "--shard", "2/4", "--data-dir", data.string()});
    BOOST_TEST(device->wait() == 2, device->error());
    const auto said =
        "--shard 2/4: " + data.string() + " " + why + "; expected the server's data set";
    BOOST_TEST(device->error().find("verge: " + said + "\n") != std::string::npos, device->error());
    server.wait_for("shard-2 was turned away: it cannot take part: " + said + "\"");
  };
  check(half, "holds 300 training samples, the server's data set 600");
  check(other, "has other labels than the server in the 600 training samples of the run");
  check(more, "holds 900 training samples, the server's data set 600");
  BOOST_TEST(server.process().error().find("the connection has ended") == std::string::npos,
             server.process().error());
}

BOOST_AUTO_TEST_CASE(a_device_that_is_stopped_says_so_and_nothing_else) {
  node_workplace place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 1000000\nevaluate_every = 1000000");
  server_process server{place, "lb", {"--min-devices", "1", "--set", "arm.lb.quorum=0.1"}};
  // Its patience is over when it has joined, and must not matter to a device that is connected.
  auto device = start_device(place, server.address(), 1, {"--patience", "0.1"});
  server.wait_for("\"event\":\"round\"");
  device->signal(SIGTERM);
  BOOST_TEST(device->wait() == 0, device->error());
  BOOST_TEST(device->error().find("left the run, as it was told to") != std::string::npos);
  BOOST_TEST(device->error().find("not reached") == std::string::npos, device->error());
  server.process().signal(SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_given_up) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  auto device = start_device(place, free_address(place), 1, {"--patience", "1"});
  BOOST_TEST(device->wait() == 2);
  BOOST_TEST(device->error().find("not reached in 1 s") != std::string::npos, device->error());
}

BOOST_AUTO_TEST_CASE(a_device_with_pictures_of_its_own_takes_part) {
  node_workplace place;
  place.add_arm("lb", large_batch);
  server_process server{place, "lb", {"--min-devices", "2", "--set", "arm.lb.quorum=0.5"}};
  const auto own = [&] {
    return start({"device", "--server", server.address(), "--data",
                  (place.data() / "t10k-images-idx3-ubyte").string(),
                  (place.data() / "t10k-labels-idx1-ubyte").string(), "--name", "owner",
                  "--log-format", "json"});
  };
  auto device = own();
  auto other = start_device(place, server.address(), 2);
  server.finished_hash();
  BOOST_TEST(device->wait() == 0, device->error());
  BOOST_TEST(other->wait() == 0, other->error());
  for (const auto& line : server.ledger()) BOOST_TEST(line["used"] == 2);
}

BOOST_AUTO_TEST_SUITE_END()
