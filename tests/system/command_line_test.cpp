// The `verge` command as a user sees it: its output, its files and its exit status. Property 10 of
// the design: bad input gets one clear line, exit status 2, and nothing half-written.

#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"
#include "system/saved_model.hpp"
#include "verge/model/network.hpp"

using namespace verge::test;
namespace fs = std::filesystem;

namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string idx_pictures(std::uint32_t count, std::uint32_t side = 28) {
  return big_endian(0x803) + big_endian(count) + big_endian(side) + big_endian(side) +
         std::string(count * side * side, '\x40');
}

std::string idx_labels(std::uint32_t count) {
  std::string labels;
  for (std::uint32_t i = 0; i < count; ++i) labels += static_cast<char>(i % 10);
  return big_endian(0x801) + big_endian(count) + labels;
}

std::string cifar_records(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i)
    bytes += static_cast<char>(i % 10) + std::string(3072, static_cast<char>(i));
  return bytes;
}

/// A directory with small data sets and a short experiment on them.
struct workplace {
  temporary_directory directory;
  fs::path data = directory.path() / "data";
  fs::path cifar = directory.path() / "cifar";
  fs::path experiment = directory.path() / "experiment.toml";
  fs::path out = directory.path() / "out";

  workplace() {
    fs::create_directories(data);
    fs::create_directories(cifar);
    write_file(data / "train-images-idx3-ubyte", idx_pictures(40));
    write_file(data / "train-labels-idx1-ubyte", idx_labels(40));
    write_file(data / "t10k-images-idx3-ubyte", idx_pictures(10));
    write_file(data / "t10k-labels-idx1-ubyte", idx_labels(10));
    for (int i = 1; i <= 5; ++i)
      write_file(cifar / ("data_batch_" + std::to_string(i) + ".bin"), cifar_records(4));
    write_file(cifar / "test_batch.bin", cifar_records(4));
    write_file(experiment, R"(name = "small"
seed = 1
threads = 1
[data]
name = "mnist"
path = "data"
[model]
name = "logistic"
[devices]
count = 4
[[arm]]
name = "one"
strategy = "large_batch"
batch_size = 2
learning_rate = 0.1
rounds = 3
)");
  }

  void add_arm(const std::string& name, const std::string& keys) const {
    write_file(experiment, read_file(experiment) + "[[arm]]\nname = \"" + name +
                               "\"\nstrategy = \"federated\"\nlearning_rate = 0.2\n" + keys);
  }

  void add_arm_two() const { add_arm("two", "rounds = 2\n"); }

  std::vector<std::string> run(std::vector<std::string> more = {}) const {
    std::vector<std::string> command{VERGE_COMMAND, "run", experiment.string(), "--out",
                                     out.string()};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
};

/// The model_sha256 of every arm of a summary.
std::vector<std::string> hashes(const fs::path& summary) {
  const auto text = read_file(summary);
  std::vector<std::string> found;
  const std::string key = "\"model_sha256\": \"";
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1))
    found.push_back(text.substr(at + key.size(), 64));
  return found;
}

/// The command with streams and limits set by the shell's `words`, such as `exec "$@" >&-`.
std::vector<std::string> in_shell(const std::string& words,
                                  const std::vector<std::string>& command) {
  std::vector<std::string> all{"/bin/sh", "-c", words, "sh"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

/// The last message of the command, from "verge: " on.
std::string last_words(const child_process& verge) {
  const auto& said = verge.error();
  const auto at = said.rfind("verge: ");
  return at == std::string::npos ? said : said.substr(at);
}

/// Checks that there is one line with `expected`, exit status 2, and no run directory.
void require_refused(const workplace& place, const std::vector<std::string>& command,
                     const std::string& expected) {
  child_process verge{command};
  const int status = verge.wait();
  BOOST_TEST_INFO("it said: " << verge.error());
  BOOST_TEST(status == 2);
  BOOST_TEST_INFO("it said: " << verge.error());
  BOOST_TEST(verge.error().find(expected) != std::string::npos);
  BOOST_TEST_INFO("it said: " << verge.error());
  BOOST_TEST(std::count(verge.error().begin(), verge.error().end(), '\n') == 1);
  BOOST_TEST(verge.output().empty());
  BOOST_TEST(!fs::exists(place.out / "run.toml"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(a_run_leaves_a_whole_run_directory) {
  const workplace place;
  child_process verge{place.run()};
  BOOST_REQUIRE_EQUAL(verge.wait(), 0);
  for (const char* file : {"run.toml", "partition.json", "ledger.jsonl", "summary.json",
                           "model-one.pt", "report.html"})
    BOOST_TEST(fs::file_size(place.out / file) > 0u);
  BOOST_TEST(verge.output().find("one") != std::string::npos);
}

// Everything random is drawn anew for each seed, also the partition. Nothing of one seed is left in
// another.
BOOST_AUTO_TEST_CASE(each_of_several_seeds_trains_the_models_of_a_run_with_that_seed) {
  const workplace place;
  place.add_arm_two();
  std::vector<std::string> alone;
  for (const char* seed : {"7", "5"}) {
    child_process verge{place.run({"--force", "--set", std::string{"seed="} + seed})};
    BOOST_REQUIRE_EQUAL(verge.wait(), 0);
    for (auto& hash : hashes(place.out / "summary.json")) alone.push_back(std::move(hash));
  }
  child_process verge{place.run({"--force", "--set", "seeds=[7,5]"})};
  BOOST_REQUIRE_EQUAL(verge.wait(), 0);
  BOOST_TEST(hashes(place.out / "summary.json") == alone, boost::test_tools::per_element());
  BOOST_TEST(alone[0] != alone[2]);
  for (const char* name : {"one@7", "two@7", "one@5", "two@5"})
    BOOST_TEST(fs::exists(place.out / (std::string{"model-"} + name + ".pt")), name);
  BOOST_TEST(read_file(place.out / "ledger.jsonl").find("{\"arm\":\"one@5\",\"seed\":5,") !=
             std::string::npos);
  BOOST_TEST(verge.output().find(" ± ") != std::string::npos, verge.output());

  // The resolved experiment says as much, and one training can be had alone.
  const auto resolved = place.directory.file("again.toml", read_file(place.out / "run.toml"));
  child_process again{
      {VERGE_COMMAND, "run", resolved.string(), "--out", place.out.string(), "--force"}};
  BOOST_REQUIRE_EQUAL(again.wait(), 0);
  BOOST_TEST(hashes(place.out / "summary.json") == alone, boost::test_tools::per_element());
  child_process one{place.run({"--force", "--set", "seeds=[7,5]", "--arm", "two@5"})};
  BOOST_REQUIRE_EQUAL(one.wait(), 0);
  BOOST_TEST(hashes(place.out / "summary.json") == std::vector{alone[3]},
             boost::test_tools::per_element());
  BOOST_TEST(read_file(place.out / "run.toml").find("\nseed = 5\n") != std::string::npos);
  BOOST_TEST(fs::exists(place.out / "model-two.pt"));
}

BOOST_AUTO_TEST_CASE(a_sweep_says_how_many_tries_each_arm_had_and_which_was_the_best) {
  const workplace place;
  place.add_arm_two();
  child_process verge{
      place.run({"--set", "sweep.learning_rate=[0.1,0.2]", "--set", "sweep.local_steps=[1,2]"})};
  BOOST_REQUIRE_EQUAL(verge.wait(), 0);
  const auto repeated = nlohmann::json::parse(read_file(place.out / "summary.json"))["repeated"];
  BOOST_TEST(repeated[0]["tries"] == 2);
  BOOST_TEST(repeated[1]["tries"] == 4);
  BOOST_TEST(verge.output().find("\none: learning_rate = ") != std::string::npos, verge.output());
  BOOST_TEST(verge.output().find(", the best of 4 by mean final accuracy") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_server_asks_for_the_one_training_that_it_is_to_do) {
  const workplace place;
  require_refused(place,
                  {VERGE_COMMAND, "up", place.experiment.string(), "--out", place.out.string(),
                   "--set", "seeds=[1,2]"},
                  "the experiment trains each arm more than once, for its seeds or its sweep; "
                  "expected --arm with the name of one training, such as one@1");
  child_process up{{VERGE_COMMAND, "up", place.experiment.string(), "--out", place.out.string(),
                    "--set", "seeds=[1,2]", "--arm", "one@2"}};
  BOOST_REQUIRE_EQUAL(up.wait(), 0);
  const auto model = hashes(place.out / "summary.json");
  child_process run{place.run({"--force", "--set", "seed=2"})};
  BOOST_REQUIRE_EQUAL(run.wait(), 0);
  BOOST_TEST(hashes(place.out / "summary.json") == model, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_saved_models_are_those_of_the_summary) {
  const workplace place;
  place.add_arm_two();
  child_process run{place.run()};
  BOOST_REQUIRE_EQUAL(run.wait(), 0);
  const auto layout =
      verge::network::build(
          {"logistic", verge::norm_kind::none, verge::scalar::float32, {1, 28, 28}, 10})
          .layout();
  const std::vector<std::string> saved{saved_model_sha256(place.out / "model-one.pt", layout),
                                       saved_model_sha256(place.out / "model-two.pt", layout)};
  BOOST_TEST(saved == hashes(place.out / "summary.json"), boost::test_tools::per_element());
  BOOST_TEST(saved[0] != saved[1]);
}

BOOST_AUTO_TEST_CASE(the_resolved_experiment_has_the_arms_that_ran) {
  const workplace place;
  place.add_arm_two();
  child_process run{place.run({"--arm", "two"})};
  BOOST_REQUIRE_EQUAL(run.wait(), 0);
  const auto resolved = read_file(place.out / "run.toml");
  BOOST_TEST((resolved.find("\"two\"") != std::string::npos));
  BOOST_TEST((resolved.find("\"one\"") == std::string::npos), resolved);
}

BOOST_AUTO_TEST_CASE(a_run_again_gives_the_same_models_with_one_thread_or_two) {
  const workplace place;
  auto text = read_file(place.experiment);
  for (const std::string strategy : {"centralized", "federated"})
    text += "[[arm]]\nname = \"" + strategy + "\"\nstrategy = \"" + strategy +
            "\"\nbatch_size = 4\nlearning_rate = 0.1\nepochs = 2\n";
  write_file(place.experiment, text);
  child_process one{place.run({"--set", "threads=1"})};
  BOOST_REQUIRE_EQUAL(one.wait(), 0);
  // The only device of a centralized run is on the server's machine, so nothing crosses a link.
  std::istringstream ledger{read_file(place.out / "ledger.jsonl")};
  std::map<std::string, bool> sends;
  for (std::string line; std::getline(ledger, line);) {
    const auto parsed = nlohmann::json::parse(line);
    if (parsed.contains("bytes_up")) sends[parsed["arm"]] |= parsed["bytes_up"] != 0;
  }
  BOOST_TEST((sends == std::map<std::string, bool>{
                           {"centralized", false}, {"federated", true}, {"one", true}}));
  // run.toml is an experiment file itself.
  const auto again = place.directory.path() / "again";
  child_process two{{VERGE_COMMAND, "run", (place.out / "run.toml").string(), "--out",
                     again.string(), "--set", "threads=2"}};
  BOOST_REQUIRE_EQUAL(two.wait(), 0);
  const auto first = hashes(place.out / "summary.json");
  BOOST_TEST(first.size() == 3u);
  BOOST_TEST(first == hashes(again / "summary.json"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_existing_run_is_not_overwritten_without_force) {
  const workplace place;
  child_process first{place.run()};
  BOOST_REQUIRE_EQUAL(first.wait(), 0);
  const auto before = read_file(place.out / "ledger.jsonl");
  child_process second{place.run()};
  BOOST_TEST(second.wait() == 2);
  BOOST_TEST(second.error().find("--force") != std::string::npos);
  BOOST_TEST(read_file(place.out / "ledger.jsonl") == before);
  // All errors in the new run, however late they show, are found before the old one is replaced.
  write_file(place.data / "train-images-idx3-ubyte", idx_pictures(2000));
  write_file(place.data / "train-labels-idx1-ubyte", idx_labels(2000));
  child_process endless{place.run({"--force", "--set", "arm.one.epochs=1000000", "--set",
                                   "arm.one.batch_size=1", "--set", "devices.count=1"})};
  BOOST_TEST(endless.wait() == 2);
  BOOST_TEST(endless.error().find("2000000000 rounds") != std::string::npos, endless.error());
  BOOST_TEST(read_file(place.out / "ledger.jsonl") == before);
  child_process third{place.run({"--force"})};
  BOOST_TEST(third.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_result_that_cannot_be_written_fails_the_command) {
  const workplace place;
  const auto out = place.out.string();
  const auto keys = (place.directory.path() / "keys").string();
  const std::vector<std::vector<std::string>> commands{
      {VERGE_COMMAND, "--help"},
      {VERGE_COMMAND, "run", "--help"},
      {VERGE_COMMAND, "--version"},
      place.run({"--set", "target_accuracy=0.01"}),
      {VERGE_COMMAND, "report", out},
      {VERGE_COMMAND, "advise", out},
      {VERGE_COMMAND, "keys", "--dir", keys, "init"},
      {VERGE_COMMAND, "keys", "--dir", keys, "device", "till"},
      {VERGE_COMMAND, "keys", "--dir", keys, "list"},
      {VERGE_COMMAND, "keys", "--dir", keys, "revoke", "till"}};
  for (const auto& command : commands) {
    child_process verge{in_shell("exec \"$@\" > /dev/full", command)};
    BOOST_TEST_CONTEXT(command[1] << ", said: " << verge.error()) {
      BOOST_TEST(verge.wait() == 1);
      BOOST_TEST(last_words(verge) ==
                 "verge: standard output cannot be written: No space left on device\n");
    }
  }
  // The run itself has ended, and its files are kept.
  for (const char* file : {"summary.json", "model-one.pt", "report.html"})
    BOOST_TEST(fs::file_size(place.out / file) > 0u);
}

BOOST_AUTO_TEST_CASE(nothing_else_is_written_where_a_closed_standard_output_was) {
  const workplace place;
  child_process verge{in_shell("exec \"$@\" >&-", place.run())};
  BOOST_TEST(verge.wait() == 1);
  BOOST_TEST(last_words(verge) ==
             "verge: standard output cannot be written: Bad file descriptor\n");
  std::istringstream ledger{read_file(place.out / "ledger.jsonl")};
  for (std::string line; std::getline(ledger, line);) BOOST_TEST(nlohmann::json::accept(line));
}

BOOST_AUTO_TEST_CASE(a_file_that_grows_too_large_ends_the_run_with_one_line_and_leaves_no_part) {
  // Limits in units of 512 bytes. The model is larger than the first, and the report than the
  // second.
  for (const auto& [limit, file] :
       {std::pair{"16", "model-one.pt"}, std::pair{"128", "report.html"}}) {
    const workplace place;
    child_process verge{in_shell(std::string("ulimit -f ") + limit + "; exec \"$@\"", place.run())};
    BOOST_TEST(verge.wait() == 1);
    const auto said = last_words(verge);
    BOOST_TEST(said.find((place.out / file).string()) != std::string::npos, said);
    BOOST_TEST(said.find("File too large") != std::string::npos, said);
    BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 1);
    for (const auto& entry : fs::directory_iterator(place.out))
      BOOST_TEST(entry.path().string().find("verge-tmp") == std::string::npos, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_run_after_its_round) {
  const workplace place;
  child_process verge{place.run(
      {"--set", "arm.one.rounds=100000000", "--set", "arm.one.evaluate_every=100000000"})};
  BOOST_REQUIRE(verge.wait_for_error_text("round 0/"));
  verge.signal(SIGINT);
  BOOST_TEST(verge.wait() == 0);
  BOOST_TEST(verge.error().find("stopping after this round") != std::string::npos);
  BOOST_TEST(verge.error().find("stopped") != std::string::npos);
  const auto summary = read_file(place.out / "summary.json");
  BOOST_TEST(summary.find("\"stopped_early\": true") != std::string::npos);
  // The last round is evaluated, also when the interrupt made it the last.
  BOOST_TEST(summary.find("\"final_accuracy\": null") == std::string::npos);
  for (const char* file : {"model-one.pt", "report.html"})
    BOOST_TEST(fs::file_size(place.out / file) > 0u);
}

BOOST_AUTO_TEST_CASE(bad_data_files_are_refused) {
  const workplace place;
  const auto pictures = place.data / "train-images-idx3-ubyte";

  write_file(pictures, idx_pictures(40).substr(0, 20'000));
  require_refused(place, place.run(), pictures.string());
  write_file(pictures, idx_pictures(40));

  auto labels = idx_labels(40);
  labels.back() = 77;
  write_file(place.data / "train-labels-idx1-ubyte", labels);
  require_refused(place, place.run(), "77");
  write_file(place.data / "train-labels-idx1-ubyte", idx_labels(40));

  const auto packed = place.data / "t10k-images-idx3-ubyte.gz";
  fs::remove(place.data / "t10k-images-idx3-ubyte");
  gzFile out = gzopen(packed.c_str(), "wb");
  const auto content = idx_pictures(10);
  gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
  gzclose(out);
  auto damaged = read_file(packed);
  damaged[damaged.size() / 2] ^= 0x55;
  write_file(packed, damaged);
  require_refused(place, place.run(), packed.string());
}

BOOST_AUTO_TEST_CASE(bad_cifar_files_are_refused) {
  const workplace place;
  const std::vector<std::string> cifar{"--set", "data.name=cifar10", "--set",
                                       "data.path=" + place.cifar.string()};
  write_file(place.cifar / "data_batch_3.bin", cifar_records(4).substr(0, 10'000));
  require_refused(place, place.run(cifar), "data_batch_3.bin");
  auto records = cifar_records(4);
  records[3073] = 11;
  write_file(place.cifar / "data_batch_3.bin", records);
  require_refused(place, place.run(cifar), "11");
}

BOOST_AUTO_TEST_CASE(bad_experiments_are_refused) {
  const workplace place;
  require_refused(place, place.run({"--set", "arm.one.learning_rat=0.1"}), "learning_rate");
  require_refused(place, place.run({"--set", "arm.one.learning_rate=-0.1"}), "-0.1");
  require_refused(place, place.run({"--set", "devices.count=41"}), "devices.count = 41");
  require_refused(
      place, place.run({"--set", "data.train_samples=41"}),
      "verge: data.train_samples = 41: expected at most the 40 training samples that there "
      "are, or 0 for all\n");
  require_refused(
      place, place.run({"--set", "data.test_samples=11"}),
      "verge: data.test_samples = 11: expected at most the 10 test samples that there are, "
      "or 0 for all\n");
  require_refused(place, place.run({"--set", "devices.partition=shards(11)"}), "into 44 pieces");
  require_refused(place, place.run({"--set", "model.name=resnet18", "--set", "model.norm=layer"}),
                  "layer");
  require_refused(place, place.run({"--arm", "two"}), "two");
  require_refused(place, place.run({"--set", "data.path=" + (place.data / "nowhere").string()}),
                  "nowhere");
  require_refused(place, {VERGE_COMMAND, "run", (place.data / "none.toml").string()}, "none.toml");
  require_refused(place, {VERGE_COMMAND, "run"}, "experiment");
  require_refused(place, {VERGE_COMMAND, "fly"}, "fly");
}

BOOST_AUTO_TEST_CASE(a_last_batch_that_leaves_batch_norm_one_value_a_channel_is_refused) {
  const workplace place;
  place.add_arm_two();
  const auto with = [&](const std::string& network, std::uint32_t side) {
    write_file(place.data / "train-images-idx3-ubyte", idx_pictures(41, side));
    write_file(place.data / "train-labels-idx1-ubyte", idx_labels(41));
    write_file(place.data / "t10k-images-idx3-ubyte", idx_pictures(10, side));
    return std::vector<std::string>{
        "--set", "model.name=" + network, "--set", "model.norm=batch",
        "--set", "arm.two.batch_size=10", "--set", "arm.two.quorum=0.5"};
  };
  // 41 samples on 4 devices: 11, 10, 10 and 10.
  require_refused(
      place, place.run(with("strided_cnn", 4)),
      "verge: arm.two.batch_size = 10: device 0 of 4 holds 11 samples, and its last "
      "batch of each epoch is 1 sample: the maps of batch-norm layer norm3 are 1x1 for "
      "samples of 4x4, and of one value a channel there is no variance; expected another "
      "batch_size or devices.count, norm = \"group\", or larger pictures\n");
  require_refused(place, place.run(with("resnet18", 8)),
                  "the maps of batch-norm layer layer4.0.bn1 are 1x1 for samples of 8x8");
  // verge up knows the shards of its devices, too.
  require_refused(
      place,
      [&] {
        auto command = place.run(with("strided_cnn", 4));
        command[1] = "up";
        command.insert(command.end(), {"--arm", "two"});
        return command;
      }(),
      "verge: arm.two.batch_size = 10: device 0 of 4 holds 11 samples");
  auto fits = with("strided_cnn", 4);
  fits.insert(fits.end(), {"--set", "arm.two.batch_size=11"});
  child_process verge{place.run(fits)};
  BOOST_TEST(verge.wait() == 0, verge.error());
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_is_refused) {
  workplace place;
  // A file at the directory's place stops root as well, unlike permissions.
  write_file(place.directory.path() / "file", "in the way");
  place.out = place.directory.path() / "file" / "out";
  require_refused(place, place.run(), place.out.string());
}

BOOST_AUTO_TEST_CASE(several_runs_make_one_report_where_it_is_asked_for) {
  const workplace place;
  const auto two = place.directory.path() / "two";
  child_process first{place.run()};
  BOOST_REQUIRE_EQUAL(first.wait(), 0);
  child_process second{{VERGE_COMMAND, "run", place.experiment.string(), "--out", two.string()}};
  BOOST_REQUIRE_EQUAL(second.wait(), 0);
  const auto folder = place.directory.path() / "here";
  fs::create_directory(folder);
  child_process unnamed{{"/bin/sh", "-c",
                         "cd '" + folder.string() + "' && exec '" VERGE_COMMAND "' report '" +
                             place.out.string() + "' '" + two.string() + "'"}};
  BOOST_TEST(unnamed.wait() == 0);
  BOOST_TEST(unnamed.output() == "report: comparison.html\n");
  BOOST_TEST(fs::file_size(folder / "comparison.html") > 0u);
  const auto page = folder / "page.html";
  child_process named{{VERGE_COMMAND, "report", place.out.string(), two.string(), "--out",
                       page.string(), "--figures", "svg"}};
  BOOST_TEST(named.wait() == 0);
  BOOST_TEST(named.output() ==
             "report: " + page.string() + "\nfigures: " + (folder / "figures").string() + "\n");
  BOOST_TEST(fs::file_size(folder / "figures" / "accuracy-by-epoch.svg") > 0u);
}

BOOST_AUTO_TEST_CASE(reports_of_what_is_no_run_or_to_nowhere_are_refused) {
  const workplace place;
  require_refused(place, {VERGE_COMMAND, "report", place.out.string()}, "not a run directory");
  require_refused(place, {VERGE_COMMAND, "report"}, "directory");
  require_refused(place, {VERGE_COMMAND, "report", place.out.string(), "--figures", "gif"}, "gif");
  require_refused(place, {VERGE_COMMAND, "report", place.out.string(), "--out", "/nowhere/a.html"},
                  "/nowhere");
}

BOOST_AUTO_TEST_CASE(a_model_that_diverges_ends_the_run_with_one_line) {
  const workplace place;
  child_process verge{place.run({"--set", "arm.one.learning_rate=1e30"})};
  BOOST_TEST(verge.wait() == 1);
  const auto said = verge.error();
  const auto line = said.rfind("verge: ");
  BOOST_REQUIRE(line != std::string::npos);
  BOOST_TEST(said.find("diverged", line) != std::string::npos);
  BOOST_TEST(std::count(said.begin() + line, said.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(after_an_arm_that_fails_the_next_ones_run) {
  const workplace place;
  place.add_arm_two();
  place.add_arm("three", "rounds = 1\n");
  child_process undisturbed{place.run()};
  BOOST_REQUIRE_EQUAL(undisturbed.wait(), 0);
  const auto models = hashes(place.out / "summary.json");

  child_process verge{place.run({"--force", "--set", "arm.two.learning_rate=1e30"})};
  BOOST_TEST(verge.wait() == 1);
  const auto arms = nlohmann::json::parse(read_file(place.out / "summary.json"))["arms"];
  BOOST_REQUIRE(arms.size() == 3u);
  BOOST_TEST(arms[0]["status"] == "ended");
  BOOST_TEST(arms[1]["status"] == "failed");
  BOOST_TEST(arms[1]["failure"].get<std::string>().find("diverged") != std::string::npos);
  BOOST_TEST(arms[2]["status"] == "ended");
  // The other arms end as if the failed one had not been there.
  BOOST_TEST(arms[0]["model_sha256"] == models[0]);
  BOOST_TEST(arms[2]["model_sha256"] == models[2]);
  // Nothing was committed, so there is no model, and no file says that there is one.
  BOOST_TEST(arms[1]["model_sha256"].is_null());
  BOOST_TEST(!fs::exists(place.out / "model-two.pt"));
  // The table names the failed arm and its reason, and the last line says that something has
  // failed.
  BOOST_TEST(verge.output().find("\ntwo!  ") != std::string::npos, verge.output());
  BOOST_TEST(verge.output().find("\n! two has failed: round 1") != std::string::npos,
             verge.output());
  const auto said = verge.error();
  const auto line = said.rfind("verge: ");
  BOOST_REQUIRE(line != std::string::npos);
  BOOST_TEST(said.find("arm two", line) != std::string::npos, said);
  BOOST_TEST(std::count(said.begin() + line, said.end(), '\n') == 1);
  BOOST_TEST(fs::exists(place.out / "report.html"));
}

BOOST_AUTO_TEST_CASE(several_arms_that_fail_are_named_in_one_line) {
  const workplace place;
  place.add_arm_two();
  child_process verge{place.run({"--set", "arm.*.learning_rate=1e30"})};
  BOOST_TEST(verge.wait() == 1);
  const auto said = verge.error();
  BOOST_TEST(said.substr(said.rfind("verge: ")) == "verge: 2 arms have failed: one, two\n");
}

BOOST_AUTO_TEST_CASE(an_arm_that_fails_later_leaves_the_model_of_its_last_commit) {
  const workplace place;
  // After its first step the model is still within the range that can be summed, but not after its
  // second.
  child_process verge{
      place.run({"--set", "arm.one.learning_rate=3e6", "--set", "arm.one.rounds=50"})};
  BOOST_TEST(verge.wait() == 1);
  const auto arm = nlohmann::json::parse(read_file(place.out / "summary.json"))["arms"][0];
  BOOST_TEST(arm["status"] == "failed");
  const std::uint32_t rounds = arm["rounds"];
  BOOST_REQUIRE(rounds > 0u);
  BOOST_TEST(rounds < 50u);
  child_process shorter{place.run({"--force", "--set", "arm.one.learning_rate=3e6", "--set",
                                   "arm.one.rounds=" + std::to_string(rounds)})};
  BOOST_REQUIRE_EQUAL(shorter.wait(), 0);
  BOOST_TEST(arm["model_sha256"] == hashes(place.out / "summary.json")[0]);
}

BOOST_AUTO_TEST_SUITE_END()
