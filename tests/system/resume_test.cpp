// Property 7 of the design: a round commits wholly or not at all. Servers and devices are killed at
// every step of the protocol and started again. Where all come back, the run ends on the bits of
// the undisturbed run.

#include <sys/mount.h>

#include <boost/test/unit_test.hpp>

#include "system/node_processes.hpp"

using namespace verge::test;

namespace {

constexpr int rounds = 5;
constexpr int killed_status = 128 + SIGKILL;

/// Options that give every part of a checkpoint some content: velocities of the rule, residuals
/// both ways, and an evaluation in every other round.
constexpr const char* arm =
    "strategy = \"large_batch\"\nmomentum = 0.9\nrounds = 5\nevaluate_every = 2\n"
    "codec_up = \"topk(0.05)+int8\"\ncodec_down = \"stc(0.05)\"";

/// A separate file system, where that is permitted.
class small_disk {
public:
  small_disk(std::filesystem::path folder, const std::string& size) : folder_(std::move(folder)) {
    is_there_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~small_disk() {
    if (is_there_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool is_there() const { return is_there_; }
  bool resize(const std::string& size) const {
    return ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0;
  }

private:
  std::filesystem::path folder_;
  bool is_there_ = false;
};

boost::test_tools::assertion_result can_mount(boost::unit_test::test_unit_id) {
  const temporary_directory folder;
  boost::test_tools::assertion_result answer{small_disk{folder.path(), "1m"}.is_there()};
  answer.message() << "no tmpfs can be mounted here";
  return answer;
}

/// Options for devices with control variates, and with codecs that keep a residual.
constexpr const char* scaffold_arm =
    "strategy = \"federated\"\nserver_rule = \"scaffold\"\nlocal_steps = 2\nrounds = 5\n"
    "evaluate_every = 2\ncodec_up = \"topk(0.05)+int8\"";

/// A server and two devices that are started again with the same arguments, as a supervisor would.
class supervised_run {
public:
  explicit supervised_run(const char* keys = arm) {
    place_.add_arm("lb", keys);
    expected_ = hash_in_one_process();
  }

  /// Kills the server and device 1 at these steps, starts them again, and checks the end.
  void check(const std::string& server_dies_at, const std::string& device_dies_at) {
    BOOST_TEST_CONTEXT("server killed at '" << server_dies_at << "', device at '" << device_dies_at
                                            << "'") {
      begin();
      auto server = start_server(server_dies_at);
      server->wait_for_error_text("\n");  // also returns when it ends
      auto device = start_device(1, device_dies_at);
      auto other = start_device(2);
      bool server_lives = server_dies_at.empty(), device_lives = device_dies_at.empty();
      while (!server_lives || !device_lives) {
        if (!server_lives && server->has_ended()) {
          BOOST_REQUIRE_MESSAGE(server->wait() == killed_status, server->error());
          server = start_server();
          server_lives = true;
        }
        if (!device_lives && device->has_ended()) {
          BOOST_REQUIRE_MESSAGE(device->wait() == killed_status, device->error());
          device = start_device(1);
          device_lives = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
      }
      BOOST_TEST(server->wait() == 0, server->error());
      BOOST_TEST(device->wait() == 0, device->error());
      BOOST_TEST(other->wait() == 0, other->error());
      check_results();
    }
  }

  /// Runs in a directory with room for one checkpoint but not for two, until it grows.
  void check_full_disk() {
    begin();
    std::filesystem::create_directories(out());
    const small_disk disk{out(), "4m"};
    auto server = start_server();
    auto device = start_device(1), other = start_device(2);
    BOOST_TEST(server->wait() == 1, server->error());
    BOOST_TEST(server->error().find("checkpoint: cannot be written: No space left on device") !=
                   std::string::npos,
               server->error());
    for (auto* one : {device.get(), other.get()}) {
      BOOST_TEST(one->wait() == 1);
      BOOST_TEST(one->error().find("the run has failed: ") != std::string::npos, one->error());
    }
    BOOST_TEST(std::filesystem::exists(out() / "checkpoint"));  // of the round before
    BOOST_REQUIRE(disk.resize("64m"));
    server = start_server();
    device = start_device(1);
    other = start_device(2);
    for (auto* one : {server.get(), device.get(), other.get()})
      BOOST_TEST(one->wait() == 0, one->error());
    check_results();
  }

private:
  void begin() {
    std::filesystem::remove_all(out());
    std::filesystem::remove_all(state());
  }

  std::filesystem::path state() const { return place_.path() / "state"; }
  std::filesystem::path out() const { return place_.path() / "out"; }

  std::string hash_in_one_process() {
    const auto folder = place_.path() / "undisturbed";
    auto run =
        start({"run", place_.experiment(), "--set", "devices.count=2", "--out", folder.string()});
    BOOST_REQUIRE(run->wait() == 0);
    return nlohmann::json::parse(std::ifstream{folder / "summary.json"})["arms"][0]["model_sha256"];
  }

  std::unique_ptr<logged_process> start_server(const std::string& dies_at = {}) {
    std::vector<std::string> words{"server",         place_.experiment(),
                                   "--set",          "devices.count=2",
                                   "--listen",       address_,
                                   "--resume",       out().string(),
                                   "--log-format",   "json",
                                   "--return-grace", "15"};
    return start(words, dies_at);
  }

  std::unique_ptr<logged_process> start_device(int number, const std::string& dies_at = {}) {
    return start(
        {"device", "--server", address_, "--shard", std::to_string(number) + "/2", "--data-dir",
         place_.data().string(), "--state", state().string(), "--patience", "20"},
        dies_at);
  }

  void check_results() const {
    const auto summary = nlohmann::json::parse(std::ifstream{out() / "summary.json"})["arms"][0];
    BOOST_TEST(summary["model_sha256"] == expected_);
    std::ifstream in{out() / "ledger.jsonl"};
    int round = 0;
    for (std::string text; std::getline(in, text);) {
      const auto line = nlohmann::json::parse(text);
      BOOST_TEST(line["round"] == ++round);
      BOOST_TEST(line["used"] == 2);
      BOOST_TEST(line["cohort"] == 2);
      BOOST_TEST(line["accuracy"].is_number() == (round % 2 == 0 || round == rounds));
    }
    BOOST_TEST(round == rounds);
    // A run that has ended leaves nothing to resume from, neither whole nor half-written.
    BOOST_TEST(std::filesystem::is_empty(state()));
    for (const auto& entry : std::filesystem::directory_iterator(out())) {
      BOOST_TEST(entry.path().filename() != "checkpoint");
      BOOST_TEST(entry.path().extension() != ".verge-tmp");
    }
  }

  node_workplace place_;
  std::string expected_;
  std::string address_ = "127.0.0.1:" + std::to_string(free_port());
};

}  // namespace

BOOST_AUTO_TEST_SUITE(resume_test)

BOOST_AUTO_TEST_CASE(a_server_is_killed_at_every_step) {
  supervised_run run;
  for (const std::string step :
       {"hello:2",           "number given:1",        "number given:2",    "join:2",
        "cohort asked:1",    "cohort asked:3",        "model block:3",     "upload granted:3",
        "update block:4",    "update counted:3",      "update counted:4",  "barrier:2",
        "model moved:2",     "committed:2",           "checkpoint kept:2", "outcome told:3",
        "outcome told:4",    "ledger line written:2", "barrier:5",         "checkpoint kept:5",
        "last round over:1", "model saved:1"})
    run.check(step, "");
}

BOOST_AUTO_TEST_CASE(a_server_is_killed_while_it_writes) {
  supervised_run run;
  // The order of a run's writes: a probe, devices.json, run.toml, devices.json for each name, then
  // five checkpoints, the summary and the report.
  for (int part = 1; part <= 45; part += 8)
    run.check("file half written:" + std::to_string(part), "");
  for (const int file : {2, 3, 6, 7, 11, 12}) run.check("file written:" + std::to_string(file), "");
  for (const int file : {2, 3, 5, 6, 11, 12}) run.check("file renamed:" + std::to_string(file), "");
}

BOOST_AUTO_TEST_CASE(a_device_is_killed_at_every_step) {
  supervised_run run;
  for (const std::string step : {"connected:1",
                                 "invited:1",
                                 "admitted:1",
                                 "welcome:1",
                                 "asked:1",
                                 "asked:2",
                                 "block downloaded:2",
                                 "model decoded:2",
                                 "trained:2",
                                 "file half written:4",
                                 "file half written:11",
                                 "file written:3",
                                 "file renamed:3",
                                 "encoded:2",
                                 "granted:2",
                                 "block sent:2",
                                 "block acknowledged:2",
                                 "outcome heard:2",
                                 "outcome heard:5",
                                 "run over:1"})
    run.check("", step);
}

BOOST_AUTO_TEST_CASE(both_are_killed_at_the_same_step) {
  supervised_run run;
  run.check("hello:1", "connected:1");
  run.check("join:1", "welcome:1");
  run.check("cohort asked:3", "asked:2");
  run.check("model block:3", "block downloaded:2");
  run.check("upload granted:3", "granted:1");
  run.check("update block:4", "block sent:2");
  run.check("update counted:4", "block acknowledged:1");
  run.check("checkpoint kept:2", "outcome heard:1");
  run.check("outcome told:4", "outcome heard:2");
}

BOOST_AUTO_TEST_CASE(what_only_a_device_knows_outlives_it) {
  supervised_run run{scaffold_arm};
  // A device's writes: one probe per file, then in every round its memory and its codec's residual.
  for (const std::string step : {"asked:2", "trained:2", "file half written:5", "file written:5",
                                 "file renamed:5", "file written:6", "encoded:3", "block sent:2",
                                 "block acknowledged:3", "outcome heard:2", "run over:1"})
    run.check("", step);
  for (const std::string step : {"update counted:3", "model moved:2", "checkpoint kept:2",
                                 "outcome told:3", "outcome told:4"})
    run.check(step, "");
  run.check("update counted:4", "block acknowledged:1");
  run.check("outcome told:4", "outcome heard:2");
}

BOOST_AUTO_TEST_CASE(where_a_device_does_not_come_back_the_ledger_says_so) {
  node_workplace place;
  place.add_arm("lb", std::string(arm) + "\nquorum = 0.5");
  const auto out = (place.path() / "out").string();
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  const auto serve = [&](const std::string& dies_at) {
    return start({"server", place.experiment(), "--listen", address, "--resume", out,
                  "--return-grace", "3", "--log-format", "json"},
                 dies_at);
  };
  auto server = serve("checkpoint kept:2");
  auto devices = start_devices(place, address, [](int) {
    return std::vector<std::string>{"--patience", "20"};
  });
  BOOST_TEST(server->wait() == killed_status);
  devices[1]->signal(SIGKILL);
  devices[1]->wait();
  devices.erase(devices.begin() + 1);
  server = serve("");
  BOOST_TEST(server->wait() == 0, server->error());
  for (auto& device : devices) BOOST_TEST(device->wait() == 0, device->error());
  std::ifstream in{out + "/ledger.jsonl"};
  int round = 0;
  for (std::string text; std::getline(in, text);) {
    const auto line = nlohmann::json::parse(text);
    BOOST_TEST(line["round"] == ++round);
    BOOST_TEST(line["cohort"] == (round <= 2 ? 4 : 3));
    BOOST_TEST(line["used"] == (round <= 2 ? 4 : 3));
  }
  BOOST_TEST(round == rounds);
  server = serve("");
  BOOST_TEST(server->wait() == 0, server->error());
  BOOST_TEST(
      server->error().find("has ended before; there is nothing to resume") != std::string::npos,
      server->error());
}

BOOST_AUTO_TEST_CASE(a_run_that_was_stopped_goes_on_and_one_that_has_ended_does_not) {
  node_workplace place;
  place.add_arm("lb", std::string(arm) + "\nquorum = 0.5");
  const auto out = (place.path() / "out").string();
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  const auto resume = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--listen", address, "--resume", out, "--log-format", "json"});
    return start(more);
  };
  const auto refusal = [&](std::vector<std::string> words) {
    auto process = resume(std::move(words));
    BOOST_TEST(process->wait() == 2);
    const auto said = process->error();
    BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 1, said);
    return said;
  };
  const auto says = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  BOOST_TEST(says(refusal({"server"}), "holds no run"));

  auto server = resume({"server", place.experiment(), "--set", "arm.lb.rounds=1000000"});
  const auto state = (place.path() / "state").string();
  const auto with_state = [&](int) { return std::vector<std::string>{"--state", state}; };
  auto devices = start_devices(place, address, with_state);
  BOOST_REQUIRE(server->wait_for_error_text("\"round\":3,"));
  BOOST_TEST(says(refusal({"server"}), "another process of verge is at work there"));
  server->signal(SIGTERM);
  BOOST_TEST(server->wait() == 0, server->error());
  BOOST_TEST(
      says(server->error(), "the run was stopped; this goes on with it: verge server --resume " +
                                out + " --log-format json --listen " + address + "\""));
  for (auto& device : devices) BOOST_TEST(device->wait() == 0, device->error());
  // The devices' residuals are kept, because the run may be resumed.
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{state}, {}) == 4);
  const auto rounds_of = [&] {
    std::ifstream in{out + "/ledger.jsonl"};
    return std::count(std::istreambuf_iterator<char>{in}, {}, '\n');
  };
  const auto stopped_after = rounds_of();
  BOOST_TEST(says(refusal({"server", place.experiment(), "--set", "seed=6"}),
                  "says 'seed = 5', where 'seed = 6' is asked for"));
  BOOST_TEST(says(refusal({"server", place.experiment()}), "is of another experiment"));
  BOOST_TEST(rounds_of() == stopped_after);

  // The data may have moved.
  const auto moved = place.path() / "moved";
  std::filesystem::rename(place.data(), moved);
  server = resume({"server", "--set", "data.path=" + moved.string()});
  BOOST_REQUIRE(server->wait_for_error_text("\"event\":\"listening\""));
  std::filesystem::rename(moved, place.data());
  devices = start_devices(place, address, with_state);
  BOOST_REQUIRE(
      server->wait_for_error_text("\"round\":" + std::to_string(stopped_after + 2) + ","));
  server->signal(SIGTERM);
  BOOST_TEST(server->wait() == 0, server->error());
  for (auto& device : devices) BOOST_TEST(device->wait() == 0, device->error());
  BOOST_TEST(rounds_of() > stopped_after);

  // A damaged checkpoint is refused, and the run is not changed.
  const auto checkpoint = std::filesystem::path{out} / "checkpoint";
  const auto size = std::filesystem::file_size(checkpoint);
  std::filesystem::resize_file(checkpoint, size - 1);
  BOOST_TEST(says(refusal({"server", "--set", "data.path=" + place.data().string()}),
                  "checkpoint: is damaged"));
  // A run that has lost its checkpoint is not begun anew either.
  std::filesystem::remove(checkpoint);
  const auto rounds = rounds_of();
  BOOST_TEST(says(refusal({"server", "--set", "data.path=" + place.data().string()}),
                  "there is no checkpoint, though the ledger has " + std::to_string(rounds)));
  BOOST_TEST(rounds_of() == rounds);
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_the_run_and_spoils_nothing,
                     *boost::unit_test::precondition(can_mount)) {
  supervised_run run;
  run.check_full_disk();
}

BOOST_AUTO_TEST_SUITE_END()
