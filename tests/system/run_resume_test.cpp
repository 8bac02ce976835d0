// `verge run` is killed at every step, or stopped, and resumed. It leaves what the undisturbed run
// leaves.

#include <boost/test/unit_test.hpp>

#include "system/node_processes.hpp"

using namespace verge::test;

namespace {

constexpr int killed_status = 128 + SIGKILL;

/// Three arms, which put all state of in-process devices into checkpoints: residuals and velocities
/// of codecs, control variates, and local batch-norm statistics.
class killed_run {
public:
  explicit killed_run(const std::string& keys = {}) {
    place_.add_arm("lb",
                   "strategy = \"large_batch\"\nrounds = 5\nevaluate_every = 2\n"
                   "codec_up = \"dgc(0.05, momentum=0.9)\"\n" +
                       keys);
    place_.add_arm("scaffold",
                   "strategy = \"federated\"\nserver_rule = \"scaffold\"\nlocal_steps = 2\n"
                   "rounds = 4\nevaluate_every = 3\ncodec_up = \"topk(0.05)+int8\"\ncohort = 3\n" +
                       keys);
    place_.add_arm("local",
                   "strategy = \"federated\"\nlocal_epochs = 1\nmomentum = 0.5\nepochs = 4\n"
                   "norm = \"batch\"\nbatch_norm = \"local\"\nschedule = \"cosine\"\n" +
                       keys);
    auto undisturbed = start(words("--out", expected()));
    BOOST_REQUIRE_MESSAGE(undisturbed->wait() == 0, undisturbed->error());
  }

  /// Kills the run at these steps, one per start, and lets the last start run to its end.
  void check(const std::vector<std::string>& steps) {
    std::string told;
    for (const auto& step : steps) told += " '" + step + "'";
    BOOST_TEST_CONTEXT("killed at" << told) {
      std::filesystem::remove_all(out());
      for (const auto& step : steps) {
        auto run = start(words("--resume", out()), step);
        BOOST_TEST(run->wait() == killed_status, run->error());
      }
      auto run = start(words("--resume", out()));
      BOOST_TEST(run->wait() == 0, run->error());
      check_same();
    }
  }

  /// Stops the run as a user does, and resumes it without naming the experiment.
  void check_stopped_after(const std::string& arm, int round) {
    std::filesystem::remove_all(out());
    auto run = start(words("--out", out()));
    const auto line = "\"arm\":\"" + arm + "\"";
    while (lines_with(line) < round && !run->has_ended())
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    run->signal(SIGINT);
    BOOST_TEST(run->wait() == 0, run->error());
    const auto hint = "verge run --resume " + out().string() + " goes on with it";
    BOOST_TEST(run->error().find(hint) != std::string::npos, run->error());
    run = start({"run", "--resume", out().string()});
    BOOST_TEST(run->wait() == 0, run->error());
    check_same();
  }

  std::filesystem::path out() const { return place_.path() / "out"; }
  std::filesystem::path expected() const { return place_.path() / "undisturbed"; }
  std::vector<std::string> words(const std::string& option, const std::filesystem::path& folder) {
    return {"run",   place_.experiment(), "--set", "model.name=lenet",
            "--set", "devices.count=4",   option,  folder.string()};
  }

  void check_same() const {
    BOOST_TEST(summary_of(out()) == summary_of(expected()));
    BOOST_TEST(ledger_of(out()) == ledger_of(expected()));
    // Nothing to resume from is left, neither whole nor half-written.
    for (const auto& entry : std::filesystem::directory_iterator(out())) {
      const auto name = entry.path().filename().string();
      BOOST_TEST(name.rfind("checkpoint", 0) == std::string::npos, name);
      BOOST_TEST(entry.path().extension() != ".verge-tmp", name);
    }
  }

private:
  long lines_with(const std::string& text) const {
    std::ifstream in{out() / "ledger.jsonl"};
    long count = 0;
    for (std::string line; std::getline(in, line);) count += line.find(text) != std::string::npos;
    return count;
  }

  /// Everything but the times.
  static std::string summary_of(const std::filesystem::path& folder) {
    auto summary = nlohmann::ordered_json::parse(std::ifstream{folder / "summary.json"});
    for (auto& arm : summary["arms"]) arm.erase("wall_seconds");
    return summary.dump(1);
  }
  static std::string ledger_of(const std::filesystem::path& folder) {
    std::ifstream in{folder / "ledger.jsonl"};
    std::string all;
    for (std::string text; std::getline(in, text);) {
      auto line = nlohmann::ordered_json::parse(text);
      line.erase("wall_seconds");
      line.erase("compute_seconds");
      all += line.dump() + "\n";
    }
    return all;
  }

  node_workplace place_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_resume_test)

BOOST_AUTO_TEST_CASE(a_run_is_killed_at_every_step) {
  killed_run run{"checkpoint_every = 1"};
  for (const std::string step :
       {"cohort asked:1",        "trained:6",          "encoded:9",
        "update counted:10",     "barrier:2",          "model moved:3",
        "committed:2",           "checkpoint kept:3",  "outcome told:7",
        "ledger line written:2", "checkpoint kept:5",  "last round over:1",
        "model saved:1",         "asked:23",           "committed:7",
        "checkpoint kept:8",     "outcome told:28",    "model saved:2",
        "committed:11",          "checkpoint kept:12", "ledger line written:11",
        "last round over:3",     "model saved:3"})
    run.check({step});
}

BOOST_AUTO_TEST_CASE(a_run_is_killed_while_it_writes) {
  killed_run run{"checkpoint_every = 1"};
  for (int part = 1; part <= 60; part += 9)
    run.check({"file half written:" + std::to_string(part)});
  for (const int file : {1, 2, 5, 8, 9, 14}) run.check({"file written:" + std::to_string(file)});
  for (const int file : {1, 2, 5, 8, 9, 14}) run.check({"file renamed:" + std::to_string(file)});
}

BOOST_AUTO_TEST_CASE(a_run_is_killed_more_than_once) {
  killed_run run{"checkpoint_every = 2"};
  run.check({"barrier:2", "barrier:2", "barrier:3", "checkpoint kept:1", "barrier:3"});
  run.check({"committed:2", "outcome told:2", "model saved:1", "trained:9", "model saved:1"});
}

BOOST_AUTO_TEST_CASE(without_a_checkpoint_an_arm_begins_again) {
  killed_run run;
  run.check({"barrier:4"});
  run.check({"barrier:7"});
  killed_run without{"checkpoint_every = 0"};
  without.check({"barrier:11"});
}

BOOST_AUTO_TEST_CASE(a_run_that_was_stopped_ends_as_if_it_had_not_been) {
  killed_run run{"checkpoint_every = 1"};
  run.check_stopped_after("lb", 1);
  run.check_stopped_after("scaffold", 2);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_resumed_is_refused_in_one_line) {
  killed_run run;
  const auto refusal = [&](std::vector<std::string> words) {
    auto process = start(words);
    BOOST_TEST(process->wait() == 2);
    const auto said = process->error();
    BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 1, said);
    return said;
  };
  const auto says = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const auto folder = run.expected().string();
  BOOST_TEST(says(refusal({"run", "--resume", run.out().string()}), "holds no run"));
  BOOST_TEST(says(refusal({"run"}), "expected an experiment file, or --resume DIR"));
  BOOST_TEST(says(refusal({"run", "--resume", folder, "--set", "seed=6"}),
                  "says 'seed = 5', where 'seed = 6' is asked for"));
  BOOST_TEST(says(refusal({"run", "--resume", folder, "--force"}), "--force"));
  std::ofstream{run.expected() / "devices.json"} << "{}";
  BOOST_TEST(says(refusal({"run", "--resume", folder}), "holds a run of a server"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_over_is_resumed_without_a_change_or_an_error) {
  killed_run run;
  std::filesystem::copy(run.expected(), run.out());
  auto again = start({"run", "--resume", run.out().string()});
  BOOST_TEST(again->wait() == 0, again->error());
  const auto said = again->error();
  BOOST_TEST(said.find("there was nothing to resume\n") != std::string::npos, said);
  BOOST_TEST(again->output().find("\nscaffold ") != std::string::npos, again->output());
  run.check_same();
}

BOOST_AUTO_TEST_SUITE_END()
