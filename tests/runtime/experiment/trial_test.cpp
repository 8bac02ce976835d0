#include "runtime/experiment/trial.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/experiment_files.hpp"
#include "support/message_of.hpp"

namespace {

using namespace verge;
using namespace verge::test;

lines names_of(const std::vector<trial>& trials) {
  lines names;
  for (const auto& one : trials) names.push_back(one.options.name);
  return names;
}

lines trials_in(const std::string& text, const lines& overrides = {}) {
  return names_of(trials_of(read_text(text, overrides)));
}

const std::string swept = short_experiment + R"([sweep]
learning_rate = [0.1, 0.2]
server_momentum = [0.0, 0.9]
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(trials)

BOOST_AUTO_TEST_CASE(an_experiment_of_one_seed_trains_each_arm_under_its_own_name) {
  check_equal(trials_in(short_experiment), {"all", "large.batch", "fed"});
  check_equal(trials_in(short_experiment, {"seeds=[4]"}), {"all", "large.batch", "fed"});
}

BOOST_AUTO_TEST_CASE(seeds_run_one_after_the_other_each_with_every_arm) {
  const auto e = read_text(short_experiment, {"seeds=[5, 2]"});
  BOOST_TEST(e.seed == 5u);
  BOOST_TEST(e.repeats());
  const auto trials = trials_of(e);
  check_equal(names_of(trials),
              {"all@5", "large.batch@5", "fed@5", "all@2", "large.batch@2", "fed@2"});
  BOOST_TEST(trials[4].arm == "large.batch");
  BOOST_TEST(trials[4].seed == 2u);
  BOOST_TEST(trials[4].options.schedule.base == 0.4);
}

// The server rule's momentum does not apply to the two arms without a server rule, nor to a
// federated arm that averages.
BOOST_AUTO_TEST_CASE(a_sweep_tries_every_combination_of_the_keys_that_an_arm_has_a_use_for) {
  check_equal(
      trials_in(swept),
      {"all@1,learning_rate=0.1", "all@1,learning_rate=0.2", "large.batch@1,learning_rate=0.1",
       "large.batch@1,learning_rate=0.2", "fed@1,learning_rate=0.1", "fed@1,learning_rate=0.2"});
  const auto trials = trials_of(
      read_text(swept, {"seeds=[3,4]", "arm.fed.server_rule=momentum", "arm.fed.momentum=0.5"}));
  BOOST_REQUIRE_EQUAL(trials.size(), 2u * (2 + 2 + 4));
  BOOST_TEST(trials[5].options.name == "fed@3,learning_rate=0.1,server_momentum=0.9");
  BOOST_TEST(trials[5].options.schedule.base == 0.1);
  BOOST_TEST(trials[5].options.server.momentum == 0.9);
  BOOST_TEST(trials[5].options.momentum == 0.5);
  BOOST_CHECK(
      (trials[5].tried == tried_values{{"learning_rate", "0.1"}, {"server_momentum", "0.9"}}));
  BOOST_TEST(trials[15].options.name == "fed@4,learning_rate=0.2,server_momentum=0.9");
}

BOOST_AUTO_TEST_CASE(an_arm_that_a_sweep_leaves_alone_is_trained_as_it_is) {
  const auto e =
      read_text(short_experiment + "[sweep]\ncodec_up = [\"none\", \"topk(0.5) \", \"int8\"]\n");
  const auto trials = trials_of(e);
  check_equal(names_of(trials),
              {"all@1", "large.batch@1,codec_up=none", "large.batch@1,codec_up=topk(0.5)",
               "large.batch@1,codec_up=int8", "fed@1,codec_up=none", "fed@1,codec_up=topk(0.5)",
               "fed@1,codec_up=int8"});
  BOOST_CHECK(trials[0].tried.empty());
  BOOST_TEST(trials[0].options.codec_up == "none");
  BOOST_TEST(trials[3].options.codec_up == "int8");
}

BOOST_AUTO_TEST_CASE(
    a_swept_value_takes_the_place_of_a_key_that_excludes_it_and_of_one_that_is_missing) {
  const auto text = replaced(short_experiment, "learning_rate = 0.4\n", "");
  const auto e = read_text(text + "[sweep]\nlearning_rate = [0.5]\nepochs = [1, 3]\n");
  for (const auto& one : trials_of(e)) BOOST_TEST(one.options.rounds == 0u);
  BOOST_TEST(trials_of(e)[5].options.epochs == 3.0);
  // Each arm has the values of its first try, so that the file can be written and read again.
  BOOST_TEST(e.arms[2].epochs == 1.0);
  BOOST_TEST(e.arms[2].schedule.base == 0.5);
}

BOOST_AUTO_TEST_CASE(seeds_and_a_sweep_are_read_back_from_the_resolved_file) {
  const data_directory directory;
  for (const auto& overrides :
       {lines{}, lines{"seeds=[7, 1, 9223372036854775807]"},
        lines{"arm.fed.server_rule=adam", "sweep.server_tau=[1, 1e-5, 0.1]"},
        lines{"sweep.codec_up=[\"none\", \"dgc(0.01, momentum=0.9)\"]", "arm.fed.codec_up=int8"}}) {
    try {
      const auto e = read_experiment(directory.file("q.toml", swept), overrides);
      BOOST_CHECK(read_experiment(directory.file("run.toml", to_toml(e))) == e);
    } catch (const bad_input& error) {
      // dgc is not a codec for displacements. Only the arm that cannot have it reports a problem.
      BOOST_TEST(std::string{error.what()}.find(
                     "arm.fed.codec_up = \"dgc(0.01, momentum=0.9)\", "
                     "from [sweep]: expected a codec of displacements") != std::string::npos);
      BOOST_TEST(overrides.size() == 2u);
    }
  }
}

BOOST_AUTO_TEST_CASE(
    an_arm_is_chosen_with_all_its_trainings_or_one_training_as_an_experiment_of_its_own) {
  const auto e = read_text(swept, {"seeds=[1,2]"});
  check_equal(names_of(trials_of(chosen_part(e, {"fed"}))),
              {"fed@1,learning_rate=0.1", "fed@1,learning_rate=0.2", "fed@2,learning_rate=0.1",
               "fed@2,learning_rate=0.2"});
  BOOST_CHECK(chosen_part(e, {}) == e);
  const auto one = chosen_part(e, {"fed@2,learning_rate=0.2"});
  BOOST_TEST(!one.repeats());
  BOOST_TEST(one.seed == 2u);
  check_equal(names_of(trials_of(one)), {"fed"});
  BOOST_TEST(one.arms[0].schedule.base == 0.2);

  const auto refused = [&](const lines& names) {
    return message_of<bad_input>([&] { chosen_part(e, names); });
  };
  BOOST_TEST(refused({"fed@3,learning_rate=0.2"}) ==
             "--arm fed@3,learning_rate=0.2: no such arm; the experiment has all, large.batch, "
             "fed, each trained more than once; one training is called as in "
             "all@1,learning_rate=0.1");
  BOOST_TEST(refused({"all", "fed@2,learning_rate=0.2"}) ==
             "--arm fed@2,learning_rate=0.2: is one training of arm fed; expected it alone, or "
             "arms only");
  BOOST_TEST(refused({"all", "all"}) == "--arm all: given more than once");
}

BOOST_AUTO_TEST_CASE(seeds_that_are_none_are_refused) {
  const std::string expected =
      ": expected an array of one to 100 different whole numbers from 0 to 9223372036854775807";
  for (const char* seeds : {"[]", "[1, 1]", "[1, -2]", "[1.5]", "3"})
    check_equal(problems_of(short_experiment, {std::string{"seeds="} + seeds}),
                {std::string{"--set: seeds = "} + seeds + expected});
  check_equal(problems_of("seed = 1\nseeds = [1, 2]\n" + short_experiment),
              {"q.toml:2: seeds = [1, 2]: expected either seed or seeds, not both"});
}

BOOST_AUTO_TEST_CASE(seeds_take_the_place_of_the_seed_of_the_file_and_the_other_way_round) {
  BOOST_TEST(read_text("seed = 9\n" + short_experiment, {"seeds=[1,2]"}).further_seeds.size() ==
             1u);
  const auto e = read_text("seeds = [8, 9]\n" + short_experiment, {"seed=3"});
  BOOST_TEST(e.seed == 3u);
  BOOST_TEST(e.further_seeds.empty());
  BOOST_TEST(problems_of(short_experiment, {"seed=1", "seeds=[1,2]"}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_sweep_that_cannot_be_is_refused_once_with_its_place) {
  const auto sweep = [](const std::string& keys) {
    return problems_of(short_experiment + "[sweep]\n" + keys);
  };
  check_equal(sweep("learning_rate = [0.1, -0.4]\n"),
              {"q.toml:25: arm.all.learning_rate = -0.4, from [sweep]: expected a number above 0",
               "q.toml:25: arm.large.batch.learning_rate = -0.4, from [sweep]: expected a number "
               "above 0",
               "q.toml:25: arm.fed.learning_rate = -0.4, from [sweep]: expected a number above 0"});
  check_equal(sweep("learning_rat = [0.1]\n"),
              {"q.toml:25: sweep.learning_rat: unknown key, did you mean learning_rate?"});
  check_equal(sweep("name = [\"a\"]\n"),
              {"q.toml:25: sweep.name = [\"a\"]: expected keys that can be tried out; another name "
               "is another arm"});
  for (const char* values : {"0.1", "[]", "[0.1, 0.1]", "[[0.1]]"})
    BOOST_TEST(sweep(std::string{"momentum = "} + values + "\n")
                   .front()
                   .ends_with(": expected an array of one to 100 different values"));
  const auto many = sweep(
      "batch_size = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n"
      "learning_rate = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
  BOOST_REQUIRE_EQUAL(many.size(), 1u);
  BOOST_TEST(
      many[0].ends_with("expected at most 100 choices of the values of all keys together, "
                        "these are 110"));
  std::string seeds = "1";
  for (int i = 2; i <= 100; ++i) seeds += ", " + std::to_string(i);
  const auto trainings = problems_of("seeds = [" + seeds + "]\n" + short_experiment +
                                     "[sweep]\nmomentum = [0, 0.1, 0.2, 0.3]\n");
  BOOST_REQUIRE_EQUAL(trainings.size(), 1u);
  BOOST_TEST(
      trainings[0].ends_with("expected at most 1000 trainings of all seeds, values and arms "
                             "together, these are 1200"));
}

// An error in an arm is the same error in all its tries, and is reported once.
BOOST_AUTO_TEST_CASE(a_problem_that_all_tries_have_is_said_once) {
  check_equal(problems_of(swept + "x = [1, 2]\n", {"arm.all.epoch=3"}),
              {"q.toml:27: sweep.x: unknown key",
               "--set: arm.all.epoch: unknown key, did you mean "
               "epochs?"});
}

BOOST_AUTO_TEST_SUITE_END()
