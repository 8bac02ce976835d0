// How `verge up` and the processes of its devices end, and how its runs are resumed.

#include <sys/prctl.h>

#include <boost/test/unit_test.hpp>

#include "system/node_processes.hpp"

using namespace verge::test;

namespace {

constexpr int killed_status = 128 + SIGKILL;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string last_line_of(const std::filesystem::path& file) {
  auto text = text_of(file);
  if (!text.empty() && text.back() == '\n') text.pop_back();
  const auto begin = text.rfind('\n');
  return text.substr(begin == std::string::npos ? 0 : begin + 1);
}

/// A folder for runs of `verge up`. While it lives, this process adopts the children of a child
/// that ends.
class up_place : public node_workplace {
public:
  up_place() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~up_place() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }

  // The name has a blank and a quote, so a command that names it must quote it.
  std::filesystem::path out() const { return path() / "it's out"; }
  std::filesystem::path log_of_device(int k) const {
    return out() / ("device-" + std::to_string(k) + ".log");
  }

  std::unique_ptr<logged_process> up(const std::string& dies_at = {}) const {
    return start({"up", experiment(), "--out", out().string(), "--force"}, dies_at);
  }
  std::unique_ptr<logged_process> resume() const {
    return start({"up", "--resume", out().string()});
  }

  void wait_for_device_text(int k, const std::string& text) const {
    while (text_of(log_of_device(k)).find(text) == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }

  /// Waits for the end of every process that an `up` has left, and returns their statuses.
  static std::vector<int> ends_of_orphans() {
    std::vector<int> ends;
    for (int status = 0; ::waitpid(-1, &status, 0) > 0;)
      ends.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return ends;
  }

  std::string hash_in_one_process() const {
    const auto folder = path() / "undisturbed";
    auto run = start({"run", experiment(), "--out", folder.string(), "--force"});
    BOOST_REQUIRE(run->wait() == 0);
    return nlohmann::json::parse(std::ifstream{folder / "summary.json"})["arms"][0]["model_sha256"];
  }
  nlohmann::json summary() const {
    return nlohmann::json::parse(std::ifstream{out() / "summary.json"})["arms"][0];
  }
  /// Number of rounds in the ledger, which must be consecutive.
  int rounds() const {
    std::ifstream in{out() / "ledger.jsonl"};
    int round = 0;
    for (std::string line; std::getline(in, line);)
      BOOST_TEST(nlohmann::json::parse(line)["round"] == ++round);
    return round;
  }
};

constexpr const char* orphaned =
    "the program that started this device has ended, and this device with it";

}  // namespace

BOOST_AUTO_TEST_SUITE(up_test)

BOOST_AUTO_TEST_CASE(devices_end_with_an_up_that_was_killed_in_the_middle_of_their_training) {
  up_place place;
  // A round that will not end within the test.
  place.add_arm("fed", "strategy = \"federated\"\nlocal_steps = 1000000\nrounds = 1");
  for (const int signal : {SIGKILL, SIGHUP}) {
    std::filesystem::remove_all(place.out());
    auto up = place.up();
    for (int k = 1; k <= 4; ++k) place.wait_for_device_text(k, " round 1\n");
    up->signal(signal);
    BOOST_TEST(up->wait() == 128 + signal);
    BOOST_TEST(place.ends_of_orphans() == std::vector<int>(4, 1), boost::test_tools::per_element());
    for (int k = 1; k <= 4; ++k)
      BOOST_TEST(last_line_of(place.log_of_device(k)).find(orphaned) != std::string::npos,
                 text_of(place.log_of_device(k)));
  }
}

BOOST_AUTO_TEST_CASE(after_a_good_end_the_end_is_the_last_that_devices_say) {
  up_place place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 5\nevaluate_every = 2");
  auto up = place.up();
  BOOST_TEST(up->wait() == 0, up->error());
  for (int k = 1; k <= 4; ++k)
    // After the time of day.
    BOOST_TEST(last_line_of(place.log_of_device(k)).substr(9) == "the run has ended",
               text_of(place.log_of_device(k)));
  BOOST_TEST(up->error().find("has ended with status") == std::string::npos, up->error());
  BOOST_TEST(place.ends_of_orphans().empty());
}

BOOST_AUTO_TEST_CASE(killed_at_any_step_and_resumed_it_ends_on_the_undisturbed_model) {
  const std::string rounds = "\nrounds = 5\nevaluate_every = 2\n";
  // Devices with residuals, steps down that build on each other, and devices with control variates.
  for (const std::string& arm :
       {"strategy = \"large_batch\"\nmomentum = 0.9\ncodec_up = \"topk(0.05)+int8\"\n"
        "codec_down = \"stc(0.05)\"" +
            rounds,
        "strategy = \"federated\"\nserver_rule = \"scaffold\"\nlocal_steps = 2\n"
        "codec_up = \"topk(0.05)+int8\"" +
            rounds}) {
    up_place place;
    place.add_arm("arm", arm);
    const auto expected = place.hash_in_one_process();
    for (const std::string step :
         {"number given:2", "cohort asked:3", "update counted:7", "model moved:3",
          "checkpoint kept:2", "outcome told:6", "last round over:1", "model saved:1"})
      BOOST_TEST_CONTEXT(arm << "killed at '" << step << "'") {
        auto up = place.up(step);
        BOOST_REQUIRE_MESSAGE(up->wait() == killed_status, up->error());
        auto resumed = place.resume();
        BOOST_TEST(resumed->wait() == 0, resumed->error());
        BOOST_TEST(place.summary()["model_sha256"] == expected);
        BOOST_TEST(place.rounds() == 5);
        place.ends_of_orphans();
        // Nothing to resume from is left.
        BOOST_TEST(!std::filesystem::exists(place.out() / "checkpoint"));
        BOOST_TEST(!std::filesystem::exists(place.out() / "state"));
      }
  }
}

BOOST_AUTO_TEST_CASE(the_command_that_goes_on_with_a_stopped_run_can_be_typed_as_it_is_told) {
  up_place place;
  place.add_arm("lb",
                "strategy = \"large_batch\"\nrounds = 1000000\nevaluate_every = 1000000\n"
                "codec_up = \"topk(0.05)\"");
  const auto programs = place.path() / "bin";
  std::filesystem::create_directory(programs);
  std::filesystem::create_symlink(VERGE_COMMAND, programs / "verge");
  auto up = place.up();
  place.wait_for_device_text(1, "round 3: used");
  up->signal(SIGINT);
  BOOST_TEST(up->wait() == 0, up->error());
  const auto done = place.rounds();
  BOOST_TEST(done >= 3);
  const std::string before = "this goes on with it: ";
  const auto said = up->error();
  const auto begin = said.find(before);
  BOOST_REQUIRE_MESSAGE(begin != std::string::npos, said);
  const auto command =
      said.substr(begin + before.size(), said.find('\n', begin) - begin - before.size());
  BOOST_TEST(command.find("verge up --resume ") == 0u, command);
  // It stops after one more round.
  child_process typed{{"/bin/sh", "-c", "PATH='" + programs.string() + "':$PATH; exec " + command}};
  place.wait_for_device_text(1, "round " + std::to_string(done + 1) + ": used");
  typed.signal(SIGINT);
  BOOST_TEST(typed.wait() == 0, typed.error());
  BOOST_TEST(place.rounds() > done);
}

BOOST_AUTO_TEST_CASE(what_up_cannot_go_on_with_is_one_line_and_status_2) {
  up_place place;
  place.add_arm("lb", "strategy = \"large_batch\"\nrounds = 5\nevaluate_every = 2");
  const auto check = [](std::vector<std::string> words, const std::string& expected) {
    auto process = start(words);
    BOOST_TEST(process->wait() == 2, process->error());
    const auto said = process->error();
    BOOST_TEST(said.find(expected) != std::string::npos, said);
    BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 1, said);
  };
  const auto out = place.out().string();
  check({"up"}, "expected an experiment file, or --resume DIR to go on with a run");
  check({"up", "--resume", out}, "holds no run; expected the folder of a run of `verge server` or");
  check({"up", "--resume", out, "--out", out}, "--out excludes --resume");
  BOOST_TEST(place.up()->wait() == 0);
  auto again = start({"up", "--resume", out});
  BOOST_TEST(again->wait() == 0, again->error());
  BOOST_TEST(
      again->error().find("has ended before; there is nothing to resume\n") != std::string::npos,
      again->error());

  // A server's run, whose devices have names of their own.
  server_process server{place, "lb", {"--set", "arm.lb.rounds=1000000", "--min-devices", "1"}};
  auto till = start_device(place, server.address(), 1, {"--name", "till-7"});
  server.wait_for("\"round\":2,");
  server.process().signal(SIGTERM);
  BOOST_TEST(server.process().wait() == 0);
  till->wait();
  check({"up", "--resume", (place.path() / "out-lb").string()},
        "device 0 of the run is 'till-7', where `verge up` has 'shard-1'");
}

BOOST_AUTO_TEST_SUITE_END()
