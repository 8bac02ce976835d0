// This file is long, because it has good and bad values of every key of an experiment file.

#include "verge/runtime/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "messages/round_messages.hpp"
#include "runtime/experiment_files.hpp"
#include "support/message_of.hpp"
#include "verge/model/picture_files.hpp"

namespace {

using namespace verge;
using namespace verge::test;

/// Any experiment that read_experiment could give, with `path` for data.
experiment random_experiment(std::mt19937_64& random, const std::filesystem::path& path) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const auto share = [&] { return (static_cast<double>(random() >> 11) + 1) * 0x1p-53; };
  const auto positive = [&] { return std::exp(share() * 20 - 10); };
  const auto pick = [&](const lines& names) { return names[below(names.size())]; };
  experiment e;
  e.name = "e-" + std::to_string(below(1000));
  e.seed = random() >> 1;
  e.threads = static_cast<std::uint32_t>(1 + below(64));
  e.target_accuracy = below(2) ? share() : 0.0;
  e.data.name = pick({"fashion-mnist", "mnist", "cifar10"});
  e.data.path = path;
  e.data.train_samples = below(100000);
  e.data.test_samples = below(100000);
  e.data.calibration_samples = below(1000);
  for (std::size_t c = 0; c < published_standardisation(e.data.name).mean.size(); ++c) {
    e.data.constants.mean.push_back(static_cast<float>(share() - 0.5));
    e.data.constants.deviation.push_back(static_cast<float>(positive()));
  }
  e.data.augment.flip = below(2);
  e.data.augment.crop_padding = static_cast<std::uint32_t>(below(17));
  e.model.name = pick(network_names());
  e.model.norm = static_cast<norm_kind>(below(3));
  e.model.type = static_cast<scalar>(below(2));
  e.devices.count = static_cast<std::uint32_t>(1 + below(10'000'000));
  e.devices.partition = pick({"iid", "dirichlet(0.1)", "shards(2)", "labels(per_device=3)"});
  for (std::uint64_t i = 0, count = 1 + below(4); i < count; ++i) {
    arm_options arm;
    arm.name = "arm_" + std::to_string(i) + ".x";
    arm.strategy = static_cast<strategy_kind>(below(3));
    if (has_norm_layers(e.model.name))
      arm.norm = static_cast<norm_kind>(below(3));
    else
      arm.norm = norm_kind::none;
    if (arm.norm == norm_kind::batch && e.data.calibration_samples > 1 &&
        arm.strategy != strategy_kind::centralized)
      arm.batch_norm = static_cast<batch_norm_policy>(below(3));
    arm.batch_size = static_cast<std::uint32_t>(1 + below(1'000'000));
    arm.schedule = {
        positive(), static_cast<schedule_kind>(below(3)), positive(), positive(), positive(), 0.0};
    arm.momentum = 1 - share();
    arm.weight_decay = positive();
    if (below(2)) {
      arm.rounds = static_cast<std::uint32_t>(1 + below(1'000'000'000));
    } else {
      arm.epochs = positive();
    }
    if (arm.strategy == strategy_kind::federated) {
      (below(2) ? arm.local_epochs : arm.local_steps) = static_cast<std::uint32_t>(1 + below(9));
      arm.proximal = below(2) ? positive() : 0.0;
      arm.server = federated_rule_options{pick({"average", "momentum", "adam", "yogi", "adagrad"})};
      if (below(2)) {
        arm.server.learning_rate = positive();
        if (arm.server.rule->momentum) arm.server.momentum = 1 - share();
        if (arm.server.rule->beta2) arm.server.beta2 = 1 - share();
        if (arm.server.rule->tau) arm.server.tau = positive();
      }
    }
    if (arm.strategy == strategy_kind::large_batch)
      arm.learning_rate_batch = static_cast<std::uint32_t>(below(2) * below(1'000'000'000));
    if (arm.strategy != strategy_kind::centralized) {
      arm.cohort = static_cast<std::uint32_t>(below(e.devices.count + 1));
      // A round cannot ask more devices than there are.
      if (arm.cohort > 0)
        arm.over_selection =
            1.0 + (std::min(10.0, double(e.devices.count) / arm.cohort) - 1.0) * share();
      arm.weighting = static_cast<weighting_kind>(below(2));
    }
    arm.quorum = share();
    arm.deadline = std::chrono::milliseconds{1 + below(longest_deadline.count())};
    arm.evaluate_every = static_cast<std::uint32_t>(below(1000));
    if (below(2) == 1) arm.checkpoint_every = static_cast<std::uint32_t>(below(1000));
    arm.stop_at_target = e.target_accuracy > 0.0 && below(2) == 1;
    arm.patience = static_cast<std::uint32_t>(below(10));
    e.arms.push_back(arm);
  }
  return e;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(experiment_file)

BOOST_AUTO_TEST_CASE(a_short_file_resolves_to_the_documented_defaults) {
  const data_directory directory;
  const auto e = read_experiment(
      directory.file("q.toml", replaced(short_experiment, "[devices]\ncount = 20\n", "")));
  BOOST_TEST(e.name == "short");
  BOOST_TEST(e.seed == 1u);
  BOOST_TEST(e.threads == std::max(1u, std::thread::hardware_concurrency()));
  BOOST_TEST(default_threads("cuda:1") == std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
  BOOST_TEST(e.target_accuracy == 0.0);
  // The path is relative to the file, not to the working directory.
  BOOST_TEST(std::filesystem::equivalent(e.data.path, directory.path()));
  BOOST_TEST(e.data.path.is_absolute());
  BOOST_TEST(e.data.train_samples == 0u);
  BOOST_CHECK(e.data.constants == published_standardisation("mnist"));
  BOOST_TEST(!e.data.augment.active());
  BOOST_CHECK(e.model.norm == norm_kind::group);
  BOOST_CHECK(e.model.type == scalar::float32);
  BOOST_TEST(e.devices.count == 10u);
  BOOST_REQUIRE_EQUAL(e.arms.size(), 3u);
  const arm_options& federated = e.arms[2];
  BOOST_CHECK(federated.strategy == strategy_kind::federated);
  BOOST_TEST(federated.batch_size == 32u);
  BOOST_TEST(federated.local_epochs == 1u);
  BOOST_TEST(federated.local_steps == 0u);
  BOOST_TEST(federated.cohort == 0u);
  BOOST_TEST(federated.rounds == 30u);
  BOOST_TEST(federated.proximal == 0.0);
  BOOST_TEST(federated.server.rule->name == "average");
  BOOST_TEST(federated.server.learning_rate == 1.0);
  BOOST_CHECK(federated.deadline == std::chrono::hours{1});
  BOOST_TEST(e.arms[0].local_epochs == 0u);
  BOOST_TEST(e.arms[1].learning_rate_batch == 0u);
}

BOOST_AUTO_TEST_CASE(every_key_reaches_its_field) {
  const auto e = read_text(short_experiment, {"name=full",
                                              "seed=7",
                                              "threads=3",
                                              "target_accuracy=0.5",
                                              "data.train_samples=100",
                                              "data.test_samples=50",
                                              "data.mean=[0.25]",
                                              "data.deviation=[0.5]",
                                              "data.flip=true",
                                              "data.crop_padding=4",
                                              "model.name=strided_cnn",
                                              "model.norm=batch",
                                              "model.dtype=float64",
                                              "devices.count=8",
                                              "devices.partition=dirichlet(0.5, sizes=equal)",
                                              "arm.fed.name=f2",
                                              "arm.f2.norm=none",
                                              "arm.f2.batch_size=16",
                                              "arm.f2.learning_rate=0.25",
                                              "arm.f2.schedule=cosine",
                                              "arm.f2.warmup_epochs=0.5",
                                              "arm.f2.step_epochs=3",
                                              "arm.f2.step_factor=0.3",
                                              "arm.f2.momentum=0.9",
                                              "arm.f2.weight_decay=5e-4",
                                              "arm.f2.epochs=2.5",
                                              "arm.f2.local_steps=6",
                                              "arm.f2.proximal=0.01",
                                              "arm.f2.server_rule=yogi",
                                              "arm.f2.server_learning_rate=0.02",
                                              "arm.f2.server_momentum=0.8",
                                              "arm.f2.server_beta2=0.7",
                                              "arm.f2.server_tau=0.3",
                                              "arm.f2.cohort=4",
                                              "arm.f2.weighting=equal",
                                              "arm.f2.quorum=0.75",
                                              "arm.f2.deadline=1.5",
                                              "arm.f2.codec_up=none",
                                              "arm.f2.codec_down=model",
                                              "arm.f2.evaluate_every=9",
                                              "arm.f2.stop_at_target=true",
                                              "arm.f2.patience=3",
                                              "arm.f2.checkpoint_every=0",
                                              "arm.large.batch.learning_rate_batch=256"});
  BOOST_TEST(e.name == "full");
  BOOST_TEST(e.seed == 7u);
  BOOST_TEST(e.threads == 3u);
  BOOST_TEST(e.target_accuracy == 0.5);
  BOOST_TEST(e.data.train_samples == 100u);
  BOOST_TEST(e.data.test_samples == 50u);
  BOOST_CHECK(e.data.constants == (standardisation{{0.25f}, {0.5f}}));
  BOOST_CHECK(e.data.augment == (augmentation{true, 4}));
  BOOST_TEST(e.model.name == "strided_cnn");
  BOOST_CHECK(e.model.norm == norm_kind::batch);
  BOOST_CHECK(e.model.type == scalar::float64);
  BOOST_TEST(e.devices.count == 8u);
  BOOST_TEST(e.devices.partition == "dirichlet(0.5, sizes=equal)");
  arm_options expected;
  expected.name = "f2";
  expected.strategy = strategy_kind::federated;
  expected.norm = norm_kind::none;
  expected.batch_size = 16;
  expected.schedule = {0.25, schedule_kind::cosine, 0.5, 3.0, 0.3};
  expected.momentum = 0.9;
  expected.weight_decay = 5e-4;
  expected.epochs = 2.5;
  expected.local_steps = 6;
  expected.proximal = 0.01;
  expected.server = federated_rule_options{"yogi"};
  expected.server.learning_rate = 0.02;
  expected.server.momentum = 0.8;
  expected.server.beta2 = 0.7;
  expected.server.tau = 0.3;
  expected.cohort = 4;
  expected.weighting = weighting_kind::equal;
  expected.quorum = 0.75;
  expected.deadline = std::chrono::milliseconds{1500};
  expected.evaluate_every = 9;
  expected.stop_at_target = true;
  expected.patience = 3;
  expected.checkpoint_every = 0;
  BOOST_CHECK(e.arms.at(2) == expected);
  BOOST_TEST(e.arms.at(1).learning_rate_batch == 256u);
  // An arm without a norm of its own has that of the model.
  BOOST_CHECK(e.arms.at(1).norm == norm_kind::batch);
}

BOOST_AUTO_TEST_CASE(each_server_rule_has_its_documented_defaults) {
  const auto server = [](const std::string& rule) {
    return read_text(short_experiment, {"arm.fed.server_rule=" + rule}).arms[2].server;
  };
  for (const char* rule : {"adam", "yogi", "adagrad"}) {
    BOOST_TEST(server(rule).learning_rate == 0.01);
    BOOST_TEST(server(rule).tau == 1e-3);
  }
  for (const char* rule : {"adam", "yogi"}) {
    BOOST_TEST(server(rule).momentum == 0.9);
    BOOST_TEST(server(rule).beta2 == 0.99);
  }
  BOOST_TEST(server("adagrad").momentum == 0.0);
  BOOST_TEST(server("momentum").learning_rate == 1.0);
  BOOST_TEST(server("momentum").momentum == 0.9);
  BOOST_TEST((server("average") == federated_rule_options{}));
  BOOST_TEST(server("scaffold").learning_rate == 1.0);
}

BOOST_AUTO_TEST_CASE(a_key_that_the_server_rule_does_not_take_is_refused_with_those_that_do) {
  check_equal(problems_of(short_experiment, {"arm.fed.server_momentum=0.5"}),
              {"--set: arm.fed.server_momentum = 0.5: expected this key with a server_rule of "
               "\"momentum\", \"adam\", \"yogi\" or \"adagrad\" only, the rule is \"average\""});
  check_equal(
      problems_of(short_experiment, {"arm.fed.server_rule=adagrad", "arm.fed.server_beta2=0.5"}),
      {"--set: arm.fed.server_beta2 = 0.5: expected this key with a server_rule of \"adam\" or "
       "\"yogi\" only, the rule is \"adagrad\""});
  check_equal(
      problems_of(short_experiment, {"arm.fed.server_rule=momentum", "arm.fed.server_tau=0.5"}),
      {"--set: arm.fed.server_tau = 0.5: expected this key with a server_rule of \"adam\", "
       "\"yogi\" or \"adagrad\" only, the rule is \"momentum\""});
  // Where the rule itself is wrong, its numbers are not checked.
  check_equal(
      problems_of(short_experiment, {"arm.fed.server_rule=sgd", "arm.fed.server_tau=0.5"}),
      {"--set: arm.fed.server_rule = \"sgd\": expected \"average\", \"momentum\", \"adam\", "
       "\"yogi\", \"adagrad\" or \"scaffold\""});
  check_equal(
      problems_of(short_experiment, {"arm.fed.server_rule=scaffold", "arm.fed.momentum=0.9"}),
      {"--set: arm.fed.momentum = 0.9: expected 0 with server_rule = \"scaffold\", which "
       "takes a device's displacement for the sum of its gradients"});
  // The keys of the adaptive rules take no value out of their ranges.
  for (const std::string bad :
       {"server_learning_rate=0", "server_momentum=1", "server_momentum=-0.1", "server_beta2=1",
        "server_beta2=-0.5", "server_tau=0", "server_tau=1e-16", "server_tau=1e16"}) {
    const auto problems =
        problems_of(short_experiment, {"arm.fed.server_rule=adam", "arm.fed." + bad});
    BOOST_TEST(problems.size() == 1u, bad);
  }
}

BOOST_AUTO_TEST_CASE(keys_of_another_strategy_are_refused) {
  check_equal(problems_of(short_experiment, {"arm.large.batch.proximal=0.1"}),
              {"--set: arm.large.batch.proximal = 0.1: expected this key in federated arms only, "
               "the arm is large_batch"});
  check_equal(problems_of(short_experiment, {"arm.fed.learning_rate_batch=256"}),
              {"--set: arm.fed.learning_rate_batch = 256: expected this key in large_batch arms "
               "only, the arm is federated"});
}

BOOST_AUTO_TEST_CASE(what_to_toml_writes_reads_back_as_the_same_experiment) {
  const data_directory directory;
  std::mt19937_64 random(20240501);
  for (int i = 0; i < 300; ++i) {
    const experiment e = random_experiment(random, directory.path());
    const std::string text = to_toml(e);
    const bool same = read_experiment(directory.file("run.toml", text)) == e;
    BOOST_TEST_REQUIRE(same, text);
  }
}

BOOST_AUTO_TEST_CASE(every_key_of_run_toml_is_explained_in_the_documentation) {
  const std::string page = read_file(VERGE_SOURCE_DIR "/docs/experiment_file.md");
  const std::string text = to_toml(read_text(
      short_experiment, {"target_accuracy=0.5", "arm.fed.local_steps=2", "arm.fed.epochs=2",
                         "arm.fed.server_rule=adam", "links.down=1"}));
  int keys = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = line.find(" = ");
    if (end == std::string::npos) continue;
    const auto name = fmt::format("`{}`", line.substr(0, end));
    BOOST_TEST((page.find(name) != std::string::npos), name << " is not in the documentation");
    ++keys;
  }
  BOOST_TEST(keys > 30);
}

BOOST_AUTO_TEST_CASE(the_example_files_are_accepted) {
  const data_directory directory;
  std::map<std::string, std::size_t> arms;
  for (const auto& entry : std::filesystem::directory_iterator(VERGE_SOURCE_DIR "/examples"))
    if (entry.path().extension() == ".toml")
      arms[entry.path().stem().string()] =
          read_experiment(entry.path(), {"data.path=" + directory.path().string()}).arms.size();
  BOOST_TEST(arms.at("quickstart") == 3u);
  BOOST_TEST(arms.at("cifar10_1000_devices") == 1u);
  BOOST_TEST(arms.at("compression") > 6u);
  BOOST_TEST(arms.at("compression_cifar10") > 2u);
}

BOOST_AUTO_TEST_CASE(missing_files_are_reported_with_everything_else) {
  const data_directory directory;
  const auto path = directory.path().string();
  std::filesystem::remove(directory.path() / "t10k-labels-idx1-ubyte.gz");
  std::filesystem::remove(directory.path() / "train-images-idx3-ubyte");
  std::filesystem::remove(directory.path() / "data_batch_4.bin");
  const auto refused = [&](const std::string& name) {
    return message_of<bad_input>([&] {
      read_experiment(directory.file("q.toml", short_experiment),
                      {"data.name=" + name, "arm.all.learning_rate=-1"});
    });
  };
  const auto file = path + "/q.toml";
  BOOST_TEST(refused("mnist") ==
             file +
                 ":4: data.path = \".\": expected the directory with the files of mnist, there is "
                 "no " +
                 path + "/train-images-idx3-ubyte, " + path + "/t10k-labels-idx1-ubyte\n" +
                 "--set: arm.all.learning_rate = -1: expected a number above 0");
  BOOST_TEST(refused("cifar10").find("there is no " + path + "/data_batch_4.bin\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_problems_are_reported_at_once_in_the_order_of_the_file) {
  const auto problems = problems_of(R"(name = "a/b"
seed = -1
sed = 1
threads = 0
[data]
name = "mnist"
path = "none"
mean = [0.1, 0.2]
[model]
name = "cnnn"
norm = 3
[devices]
count = 0
[[arm]]
name = "x"
strategy = "federated"
learning_rate = 0
learnin_rate = 0.1
epochs = 1
rounds = 1
local_epochs = 1
local_steps = 1
cohort = 50
[[arm]]
name = "x"
strategy = "centralized"
epochs = nan
cohort = 0
local_steps = 1
codec_up = "topk"
)",
                                    {"devices.cuont=3"});
  lines starts;
  for (const std::string& problem : problems) {
    BOOST_TEST_MESSAGE(problem);
    starts.push_back(
        problem.substr(0, std::min(problem.find(": expected"), problem.find(": unknown"))));
  }
  check_equal(starts, {"q.toml:1: name = \"a/b\"",
                       "q.toml:2: seed = -1",
                       "q.toml:3: sed",
                       "q.toml:4: threads = 0",
                       "q.toml:5: data.deviation is missing",
                       "q.toml:7: data.path = \"none\"",
                       "q.toml:8: data.mean = [0.1, 0.2]",
                       "q.toml:10: model.name = \"cnnn\"",
                       "q.toml:11: model.norm = 3",
                       "q.toml:13: devices.count = 0",
                       "q.toml:17: arm.x.learning_rate = 0",
                       "q.toml:18: arm.x.learnin_rate",
                       "q.toml:20: arm.x.rounds = 1",
                       "q.toml:22: arm.x.local_steps = 1",
                       "q.toml:24: arm.x.learning_rate is missing",
                       "q.toml:25: arm.x.name = \"x\"",
                       "q.toml:27: arm.x.epochs = nan",
                       "q.toml:28: arm.x.cohort = 0",
                       "q.toml:29: arm.x.local_steps = 1",
                       "q.toml:30: arm.x.codec_up = \"topk\"",
                       "--set: devices.cuont"});
}

BOOST_AUTO_TEST_CASE(no_more_devices_are_asked_than_there_are) {
  const auto problems = [](const std::string& times) {
    return problems_of(short_experiment, {"arm.fed.cohort=15", "arm.fed.over_selection=" + times});
  };
  BOOST_TEST(problems("1.3333").empty());  // 20
  check_equal(problems("1.4"), {"--set: arm.fed.over_selection = 1.4: expected at most "
                                "devices.count / cohort, 20 / 15: 21 devices would be asked"});
}

BOOST_AUTO_TEST_CASE(a_codec_that_goes_wrong_is_told_with_the_character_where) {
  check_equal(problems_of(short_experiment, {"arm.fed.codec_up=topk(2)"}),
              {"--set: arm.fed.codec_up = \"topk(2)\": expected \"none\" or a codec (\"topk(2)\", "
               "character 6: share of topk is 2, expected a share above 0, at most 1)"});
}

BOOST_AUTO_TEST_CASE(a_partition_that_goes_wrong_is_told_with_the_character_where) {
  check_equal(problems_of(replaced(short_experiment, "count = 20", "partition = \"labels(0)\"")),
              {"q.toml:8: devices.partition = \"labels(0)\": expected a partition (\"labels(0)\", "
               "character "
               "8: per_device of labels is 0, expected a whole number from 1 to 1000000)"});
}

BOOST_AUTO_TEST_CASE(a_codec_has_to_fit_the_arm_and_the_model) {
  const auto first_problem = [](const std::vector<std::string>& overrides) {
    const auto problems = problems_of(short_experiment, overrides);
    return problems.size() == 1u ? problems[0] : std::to_string(problems.size()) + " problems";
  };
  BOOST_TEST(
      first_problem({"arm.large.batch.codec_up=dgc(0.01)", "arm.large.batch.momentum=0.9"}) ==
      "--set: arm.large.batch.momentum = 0.9: expected 0 with dgc, which brings the momentum: "
      "dgc(0.01, momentum=0.9)");
  BOOST_TEST(first_problem({"arm.fed.codec_down=fp16", "model.dtype=float64"}) ==
             "--set: arm.fed.codec_down = \"fp16\": expected no codec in an experiment of "
             "model.dtype = \"float64\"");
  const auto read = read_text(
      short_experiment, {"arm.large.batch.codec_up=dgc(0.01)", "arm.fed.codec_up=topk(0.1) + int8",
                         "arm.fed.codec_down=stc(0.01)"});
  BOOST_TEST(read.arms[2].codec_up == "topk(0.1) + int8");
  BOOST_TEST(read.arms[2].codec_down == "stc(0.01)");
}

BOOST_AUTO_TEST_CASE(a_problem_says_place_key_value_and_what_was_expected) {
  check_equal(
      problems_of(replaced(short_experiment, "learning_rate = 0.4", "learning_rate = -0.4")),
      {"q.toml:17: arm.large.batch.learning_rate = -0.4: expected a number above 0"});
  check_equal(
      problems_of(replaced(short_experiment, "learning_rate = 0.4", "lerning_rate = 0.4")),
      {"q.toml:14: arm.large.batch.learning_rate is missing: expected a number above 0",
       "q.toml:17: arm.large.batch.lerning_rate: unknown key, did you mean learning_rate?"});
  check_equal(problems_of(short_experiment, {"model.norm=layer"}),
              {"--set: model.norm = \"layer\": expected \"batch\", \"group\" or \"none\""});
}

BOOST_AUTO_TEST_CASE(a_problem_is_one_line_whatever_a_key_is_called) {
  check_equal(problems_of("\"a\\nb\\u001bc\" = 1\n" + short_experiment),
              {"q.toml:1: a?b?c: unknown key"});
}

BOOST_AUTO_TEST_CASE(a_path_that_run_toml_could_not_say_is_refused) {
  const data_directory directory;
  const auto folder = directory.path() / "pictures\xff";
  std::filesystem::create_directory(folder);
  const auto file = folder / "q.toml";
  std::ofstream{file} << short_experiment;
  BOOST_CHECK_EXCEPTION(read_experiment(file, {}), bad_input, [](const bad_input& e) {
    return std::string{e.what()}.find("a path in which every name is UTF-8 text") !=
           std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(impossible_values_and_wrong_types_are_refused) {
  const lines overrides{"name=",
                        "name=.hidden",
                        "name=-x",
                        "name=3",
                        "name=" + std::string(101, 'x'),
                        "seed=1.5",
                        "seed=one",
                        "threads=1025",
                        "torch_device=gpu",
                        "torch_device=cuda:x",
                        "target_accuracy=0",
                        "target_accuracy=1.01",
                        "target_accuracy=inf",
                        "target_accuracy=true",
                        "data.name=emnist",
                        "data.name=tensors",
                        "data.path=5",
                        "data.train_samples=-1",
                        "data.calibration_samples=-1",
                        "data.flip=1",
                        "data.crop_padding=17",
                        "model.name=vgg",
                        "model.dtype=float16",
                        "devices.count=10000001",
                        "devices.count=2.0",
                        "devices.partition=dirichlet",
                        "devices.partition=dirichlet(0)",
                        "devices.partition=noniid",
                        "devices.partition=2",
                        "devices=5",
                        "arm.fed.name=a b",
                        "arm.fed.name=all",
                        "arm.fed.strategy=fedavg",
                        "arm.fed.batch_norm=local",  // the network has no norm layers
                        "arm.fed.batch_norm=average",
                        "arm.fed.batch_size=0",
                        "arm.fed.learning_rate=nan",
                        "arm.fed.learning_rate=inf",
                        "arm.fed.learning_rate=fast",
                        "arm.fed.schedule=linear",
                        "arm.fed.warmup_epochs=-1",
                        "arm.fed.step_epochs=0",
                        "arm.fed.step_factor=0",
                        "arm.fed.momentum=1",
                        "arm.fed.momentum=-0.1",
                        "arm.fed.weight_decay=-1e-9",
                        "arm.fed.epochs=0",
                        "arm.fed.epochs=-inf",
                        "arm.fed.rounds=0",
                        "arm.fed.rounds=1.5",
                        "arm.fed.local_epochs=0",
                        "arm.fed.local_steps=0",
                        "arm.fed.proximal=-0.1",
                        "arm.fed.proximal=inf",
                        "arm.fed.server_rule=sgd",
                        "arm.fed.server_learning_rate=0",
                        "arm.fed.server_momentum=0.5",  // the rule is "average"
                        "arm.fed.server_beta2=0.5",
                        "arm.fed.server_tau=0.1",
                        "arm.fed.learning_rate_batch=32",
                        "arm.large.batch.learning_rate_batch=-1",
                        "arm.large.batch.learning_rate_batch=1.5",
                        "arm.large.batch.proximal=0",
                        "arm.large.batch.server_rule=average",
                        "arm.all.learning_rate_batch=32",
                        "arm.all.server_learning_rate=1",
                        "arm.fed.cohort=21",
                        "arm.fed.over_selection=0.9",
                        "arm.fed.over_selection=11",
                        "arm.fed.over_selection=1.5",  // of all
                        "arm.fed.weighting=loss",
                        "arm.fed.quorum=0",
                        "arm.fed.quorum=1.5",
                        "arm.fed.deadline=0",
                        "arm.fed.deadline=2e9",
                        "arm.fed.codec_up=model",
                        "arm.fed.codec_up=topk(2)",
                        "arm.fed.codec_up=dgc(0.01)",
                        "arm.fed.codec_down=none",
                        "arm.fed.codec_down=int8+",
                        "arm.large.batch.codec_down=dgc(0.01)",
                        "arm.all.codec_up=int8",
                        "arm.all.codec_down=int8",
                        "arm.fed.evaluate_every=-1",
                        "arm.fed.stop_at_target=true",
                        "arm.fed.patience=-1",
                        "arm.fed.checkpoint_every=-1",
                        "arm.all.cohort=0",
                        "arm.all.weighting=equal",
                        "arm.large.batch.local_steps=1",
                        "arm.all.local_epochs=1"};
  for (const std::string& override : overrides) {
    const auto problems = problems_of(short_experiment, {override});
    BOOST_TEST_REQUIRE(problems.size() >= 1u, override << " is accepted");
    BOOST_TEST_MESSAGE(problems[0]);
    const std::string key = override.substr(0, override.find('='));
    const bool named =
        override.starts_with("arm.fed.name=") || problems[0].starts_with("--set: " + key + " = ");
    BOOST_TEST(named, problems[0]);
    BOOST_TEST(problems.size() == 1u, override << " gives " << problems.size() << " problems");
    BOOST_TEST((problems[0].find(": expected ") != std::string::npos), problems[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_norm_policy_needs_batch_norm_and_what_it_works_with) {
  const auto problem = [](const std::string& policy, const lines& more) {
    lines overrides{"model.name=lenet", policy};
    overrides.insert(overrides.end(), more.begin(), more.end());
    const auto problems = problems_of(short_experiment, overrides);
    return problems.empty() ? std::string{} : problems[0];
  };
  const std::string local = "arm.fed.batch_norm=local", anew = "arm.fed.batch_norm=recalibrate";
  BOOST_TEST(problem(local, {"model.norm=batch"}) == "");
  BOOST_TEST(problem(local, {"arm.fed.norm=batch"}) == "");
  BOOST_TEST(
      problem(local, {}) ==
      "--set: arm.fed.batch_norm = \"local\": expected this key where norm is \"batch\", in a "
      "network with norm layers");
  BOOST_TEST(problem(anew, {"model.norm=batch"}) ==
             "--set: arm.fed.batch_norm = \"recalibrate\": expected \"recalibrate\" with "
             "data.calibration_samples of 2 or more, the server's samples");
  BOOST_TEST(problem(anew, {"model.norm=batch", "data.calibration_samples=100"}) == "");
  BOOST_TEST(problem("arm.all.batch_norm=pooled", {"model.norm=batch"}) ==
             "--set: arm.all.batch_norm = \"pooled\": expected no such key in a centralized arm, "
             "which has all batches itself");
}

BOOST_AUTO_TEST_CASE(a_network_without_norm_layers_has_none_whatever_is_asked_for) {
  const data_directory directory;
  const auto norm_of = [&](const std::string& network) {
    return read_experiment(directory.file("q.toml", short_experiment),
                           {"model.norm=batch", "model.name=" + network})
        .arms.at(0)
        .norm;
  };
  BOOST_CHECK(norm_of("cnn") == norm_kind::none);
  BOOST_CHECK(norm_of("lenet") == norm_kind::batch);
}

BOOST_AUTO_TEST_CASE(norm_layers_are_named_with_their_policy) {
  arm_options arm;
  BOOST_TEST(norm_text(arm) == "group");
  arm.norm = norm_kind::batch;
  BOOST_TEST(norm_text(arm) == "batch(pooled)");
  arm.batch_norm = batch_norm_policy::recalibrate;
  BOOST_TEST(norm_text(arm) == "batch(recalibrate)");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  check_equal(problems_of("seed = 1\n"),
              {"q.toml: name is missing: expected the experiment's name",
               "q.toml: data.name is missing: expected \"fashion-mnist\", \"mnist\" or \"cifar10\"",
               "q.toml: model.name is missing: expected \"logistic\", \"mlp\", \"lenet\", "
               "\"cnn\", \"small_cnn\", \"strided_cnn\" or \"resnet18\"",
               "q.toml: arm is missing: expected at least one arm: [[arm]] and its keys"});
  check_equal(problems_of(replaced(short_experiment, "rounds = 30\n", "")),
              {"q.toml:19: arm.fed.epochs is missing: expected the arm's length, either epochs or "
               "rounds"});
  check_equal(problems_of(replaced(short_experiment, "path = \".\"\n", "")),
              {"q.toml:2: data.path is missing: expected the directory with the files of mnist"});
  check_equal(problems_of(replaced(short_experiment, "name = \"fed\"\n", "")),
              {"q.toml:19: arm[3].name is missing: expected a name that no other arm has"});
}

BOOST_AUTO_TEST_CASE(a_single_arm_table_is_not_a_list_of_arms) {
  const std::string head = short_experiment.substr(0, short_experiment.find("[[arm]]"));
  check_equal(problems_of(head + "[arm]\nname = \"x\"\n"),
              {"q.toml:9: arm = {a table}: expected at least one arm: [[arm]] and its keys"});
  check_equal(problems_of("arm = []\n" + head),
              {"q.toml:1: arm = []: expected at least one arm: [[arm]] and its keys"});
}

BOOST_AUTO_TEST_CASE(a_syntax_error_is_one_line_with_its_place) {
  const auto problems = problems_of("name = \"x\"\nseed = = 3\n");
  BOOST_REQUIRE_EQUAL(problems.size(), 1u);
  BOOST_TEST(problems[0].starts_with("q.toml:2:8: "), problems[0]);
  const auto twice = problems_of("name = \"x\"\nname = \"y\"\n");
  BOOST_REQUIRE_EQUAL(twice.size(), 1u);
  BOOST_TEST(twice[0].starts_with("q.toml:2:"), twice[0]);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_bad_input) {
  const data_directory directory;
  const auto says = [](const std::string& text) {
    return [text](const bad_input& e) {
      return std::string(e.what()).find(text) != std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(read_experiment(directory.path() / "no.toml"), bad_input,
                        says("no.toml: cannot be read: No such file or directory"));
  BOOST_CHECK_EXCEPTION(read_experiment(directory.path()), bad_input, says("is a directory"));
}

BOOST_AUTO_TEST_CASE(a_seed_that_toml_cannot_hold_is_not_written) {
  experiment e = read_text(short_experiment);
  e.seed = std::uint64_t{1} << 63;
  BOOST_CHECK_THROW(to_toml(e), bad_input);
  --e.seed;
  BOOST_TEST((to_toml(e).find("seed = 9223372036854775807\n") != std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()
