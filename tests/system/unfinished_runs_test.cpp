// Runs that have not ended, as a user sees them: killed, under way, or failed. Their results are
// shown, with how far they came.

#include <boost/test/unit_test.hpp>

#include "system/node_processes.hpp"

using namespace verge::test;
namespace fs = std::filesystem;

namespace {

constexpr int killed_status = 128 + SIGKILL;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Three arms of five rounds each; a ledger has five lines of each.
struct three_arms {
  node_workplace place;
  fs::path out = place.path() / "out";

  three_arms() {
    for (const std::string name : {"one", "two", "three"})
      place.add_arm(name, "strategy = \"federated\"\nrounds = 5");
  }

  std::unique_ptr<logged_process> run(const std::string& kill_at = {},
                                      const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"run",   place.experiment(),    "--out", out.string(),
                                   "--set", "target_accuracy=0.99"};
    words.insert(words.end(), more.begin(), more.end());
    return start(words, kill_at);
  }

  std::string report() const {
    auto verge = start({"report", out.string()});
    BOOST_REQUIRE_MESSAGE(verge->wait() == 0, verge->error());
    std::ifstream page{out / "report.html"};
    return {std::istreambuf_iterator<char>{page}, {}};
  }

  std::string advice() const {
    auto verge = start({"advise", out.string()});
    BOOST_REQUIRE_MESSAGE(verge->wait() == 0, verge->error());
    return verge->output();
  }
};

/// Bytes as the progress shows them, such as "8.0 MB".
std::string megabytes(double bytes) {
  const auto tenths = std::to_string(std::lround(bytes / 1e5));
  return tenths.substr(0, tenths.size() - 1) + "." + tenths.back() + " MB";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unfinished_runs)

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_in_its_second_arm_has_a_report_and_advice) {
  const three_arms sample;
  BOOST_REQUIRE(sample.run("ledger line written:7")->wait() == killed_status);
  const auto page = sample.report();
  BOOST_TEST(has(page, "3 arms train the model mlp"));
  BOOST_TEST(has(page,
                 "Of them 1 has ended, 1 is unfinished (under way, or killed) and 1 has not "
                 "begun."));
  BOOST_TEST(has(page, "unfinished after 2 rounds: under way, or killed."));
  BOOST_TEST(has(page, "<b>three</b> has not begun."));
  const auto advice = sample.advice();
  BOOST_TEST(has(advice, "\none "), advice);
  BOOST_TEST(has(advice, "\ntwo (unfinished) "), advice);
  BOOST_TEST(has(advice, "\nthree (not begun) "), advice);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_in_its_first_arm_has_them_too) {
  const three_arms sample;
  BOOST_REQUIRE(sample.run("ledger line written:1")->wait() == killed_status);
  BOOST_REQUIRE(!fs::exists(sample.out / "summary.json"));
  const auto page = sample.report();
  BOOST_TEST(has(page, "Of them 1 is unfinished (under way, or killed) and 2 have not begun."));
  BOOST_TEST(has(page, "unfinished after 1 round: under way, or killed."));
  BOOST_TEST(has(sample.advice(), "No arm with devices has reached the target yet."));
}

BOOST_AUTO_TEST_CASE(a_run_under_way_can_be_read_at_any_moment) {
  const three_arms sample;
  const auto run = sample.run({}, {"--set", "arm.*.rounds=60"});
  BOOST_REQUIRE(run->wait_for_error_text("one (1/3)"));
  int pages = 0;
  for (; !run->has_ended(); ++pages) BOOST_TEST(has(sample.report(), "3 arms train"));
  BOOST_TEST(pages > 0);
  BOOST_TEST(run->wait() == 0, run->error());
  BOOST_TEST(has(sample.report(), "3 arms trained the model mlp"));
}

BOOST_AUTO_TEST_CASE(a_run_of_which_no_round_has_its_quorum_fails_with_the_numbers) {
  node_workplace place;
  // Nearly all devices drop out; of the 4 that are asked, 3 are wanted.
  place.add_arm("lonely", "strategy = \"federated\"\nrounds = 3\nquorum = 0.6");
  const auto out = place.path() / "out";
  auto run = start({"run", place.experiment(), "--out", out.string(), "--set",
                    "links.dropout=0.9999999", "--set", "links.up=10", "--set", "links.down=10"});
  BOOST_TEST(run->wait() == 1);
  const auto said = run->error();
  BOOST_TEST(has(said, "lonely (1/1)  round 1 missed its quorum: 0 of 4 answered, 3 are wanted\n"),
             said);
  BOOST_TEST(has(said, "3 rounds, 3 of them missed their quorum"), said);
  BOOST_TEST(has(said, "loss -"), said);
  BOOST_TEST(!has(said, "nan"), said);
  BOOST_TEST(
      has(said.substr(said.rfind("verge: ")),
          "arm lonely has failed: round 3 missed its quorum: 0 of 4 answered, 3 are wanted; no "
          "round was committed\n"),
      said);
  const auto arm = nlohmann::json::parse(std::ifstream{out / "summary.json"})["arms"][0];
  BOOST_TEST(arm["status"] == "failed");
  BOOST_TEST(arm["rounds_abandoned"] == 3);
  BOOST_TEST(arm["model_sha256"].is_null());
}

BOOST_AUTO_TEST_CASE(a_federated_arm_that_diverges_says_which_parameter_and_what_may_help) {
  node_workplace place;
  place.add_arm("wild", "strategy = \"federated\"\nrounds = 3");
  auto run = start({"run", place.experiment(), "--out", (place.path() / "out").string(), "--set",
                    "arm.wild.learning_rate=1e12", "--set", "arm.wild.local_steps=1"});
  BOOST_TEST(run->wait() == 1);
  const auto said = run->error();
  const auto last = said.substr(said.rfind("verge: "));
  BOOST_TEST(has(last,
                 "4 of 4 answered, 4 of them refused, 4 are wanted; 4 devices failed, for example: "
                 "device 0: the update has "
                 "diverged: fc1.weight has a value that is not a number within +-1048576; a "
                 "lower learning rate may help\n"),
             said);
}

BOOST_AUTO_TEST_CASE(the_progress_of_a_resumed_server_has_what_its_ledger_sums_to) {
  node_workplace place;
  place.add_arm("a", "strategy = \"federated\"\nrounds = 5");
  const auto out = place.path() / "out";
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  const auto serve = [&](const std::string& kill_at) {
    return start({"server", place.experiment(), "--listen", address, "--resume", out.string(),
                  "--set", "devices.count=2", "--set", "arm.a.evaluate_every=1"},
                 kill_at);
  };
  std::vector<std::unique_ptr<logged_process>> devices;
  auto first = serve("checkpoint kept:3");
  for (const std::string number : {"1/2", "2/2"})
    devices.push_back(start({"device", "--server", address, "--shard", number, "--data-dir",
                             place.data().string(), "--patience", "20"}));
  BOOST_REQUIRE(first->wait() == killed_status);
  auto second = serve({});
  BOOST_REQUIRE(second->wait() == 0);
  for (const auto& one : devices) BOOST_TEST(one->wait() == 0, one->error());

  double up = 0.0, down = 0.0;
  int rounds = 0;
  std::ifstream ledger{out / "ledger.jsonl"};
  for (std::string text; std::getline(ledger, text); ++rounds) {
    const auto line = nlohmann::json::parse(text);
    up += line["bytes_up"].get<double>();
    down += line["bytes_down"].get<double>();
  }
  BOOST_REQUIRE(rounds == 5);
  const auto said = second->error();
  // The first line of the three rounds before it, and the last line of all rounds.
  BOOST_TEST(has(said, "a (1/1)  round 3/5  epoch 3.00  "), said);
  BOOST_TEST(!has(said, "round 0/5"), said);
  BOOST_TEST(has(said, "a (1/1)  5 rounds  epoch 5.00  "), said);
  BOOST_TEST(has(said, "up " + megabytes(up) + "  down " + megabytes(down) + "  in "), said);
}

BOOST_AUTO_TEST_SUITE_END()
