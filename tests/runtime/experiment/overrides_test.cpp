#include <boost/test/unit_test.hpp>

#include "messages/spelling.hpp"
#include "runtime/experiment_files.hpp"

namespace {

using namespace verge;
using namespace verge::test;

}  // namespace

BOOST_AUTO_TEST_SUITE(overrides)

BOOST_AUTO_TEST_CASE(the_last_of_several_values_wins) {
  BOOST_TEST(read_text(short_experiment, {"seed=5", "seed=6"}).seed == 6u);
}

BOOST_AUTO_TEST_CASE(an_arm_is_addressed_by_its_name_even_with_dots_in_it) {
  const auto e = read_text(short_experiment, {"arm.large.batch.momentum=0.5"});
  BOOST_TEST(e.arms[0].momentum == 0.0);
  BOOST_TEST(e.arms[1].momentum == 0.5);
  BOOST_TEST(e.arms[2].momentum == 0.0);
}

BOOST_AUTO_TEST_CASE(a_star_addresses_all_arms) {
  const auto e = read_text(short_experiment, {"arm.*.batch_size=7", "arm.fed.batch_size=8"});
  BOOST_TEST(e.arms[0].batch_size == 7u);
  BOOST_TEST(e.arms[1].batch_size == 7u);
  BOOST_TEST(e.arms[2].batch_size == 8u);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_no_toml_is_a_text) {
  BOOST_CHECK(read_text(short_experiment, {"model.norm=batch"}).model.norm == norm_kind::batch);
  BOOST_CHECK(read_text(short_experiment, {"model.norm=\"batch\""}).model.norm == norm_kind::batch);
  BOOST_TEST(read_text(short_experiment, {" name =  x-1 "}).name == "x-1");
  // A line break in a value cannot add another key.
  const auto problems = problems_of(short_experiment, {"seed=1\nthreads=2"});
  BOOST_REQUIRE_EQUAL(problems.size(), 1u);
  BOOST_TEST(problems[0].starts_with("--set: seed = \"1\\u000athreads=2\": "), problems[0]);
}

BOOST_AUTO_TEST_CASE(a_section_that_the_file_does_not_have_is_added) {
  const std::string text = replaced(short_experiment, "[devices]\ncount = 20\n", "");
  BOOST_TEST(read_text(text, {"devices.count=4"}).devices.count == 4u);
}

BOOST_AUTO_TEST_CASE(rounds_take_the_place_of_the_epochs_of_the_file) {
  const auto e = read_text(short_experiment, {"arm.*.rounds=3", "arm.fed.local_steps=5"});
  for (const arm_options& arm : e.arms) {
    BOOST_TEST(arm.rounds == 3u);
    BOOST_TEST(arm.epochs == 0.0);
  }
  BOOST_TEST(e.arms[2].local_steps == 5u);
  BOOST_TEST(e.arms[2].local_epochs == 0u);
  BOOST_TEST(read_text(short_experiment, {"arm.fed.epochs=3"}).arms[2].rounds == 0u);
  // With both on the command line, it is not clear which is meant.
  BOOST_TEST(problems_of(short_experiment, {"arm.all.epochs=1", "arm.all.rounds=3"}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_data_path_is_relative_to_the_working_directory) {
  const data_directory elsewhere;
  const auto relative = std::filesystem::relative(elsewhere.path());
  const auto e = read_text(short_experiment, {"data.path=" + relative.string()});
  BOOST_TEST(std::filesystem::equivalent(e.data.path, elsewhere.path()));
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_problems_like_others) {
  check_equal(problems_of(short_experiment, {"sede=3", "devices.cuont=3", "optimizer.name=adam",
                                             "name.x=1", "arm.fde.rounds=3", "arm.rounds=3", "seed",
                                             "=3", "devices.=3", "arm.*.momentun=0.9"}),
              {"--set: name.x: name is not a table",
               "--set: arm.fde.rounds: no arm is called \"fde\": expected \"all\", \"large.batch\" "
               "or \"fed\", or * for all",
               "--set: arm.rounds: expected arm.NAME.key, or arm.*.key for all arms",
               "--set: \"seed\": expected key=value", "--set: \"=3\": expected key=value",
               "--set: devices.: expected a key path such as devices.count",
               "--set: devices.cuont: unknown key, did you mean count?",
               "--set: arm.all.momentun: unknown key, did you mean momentum?",
               "--set: arm.large.batch.momentun: unknown key, did you mean momentum?",
               "--set: arm.fed.momentun: unknown key, did you mean momentum?",
               "--set: optimizer: unknown key", "--set: sede: unknown key, did you mean seed?"});
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_refused) {
  check_equal(problems_of(short_experiment, {"model.norm=\xff\xfe"}),
              {"--set: model.norm: the value is not UTF-8 text"});
}

BOOST_AUTO_TEST_CASE(the_suggestion_is_the_nearest_key_or_none) {
  const lines keys{"epochs", "local_epochs", "rounds", "seed"};
  BOOST_TEST(near_word("epoch", keys) == "epochs");
  BOOST_TEST(near_word("eopchs", keys) == "epochs");
  BOOST_TEST(near_word("localepochs", keys) == "local_epochs");
  BOOST_TEST(near_word("esed", keys) == "seed");
  BOOST_TEST(near_word("ROUNDS", keys) == "rounds");
  BOOST_TEST(near_word("dropout", keys) == "");
  BOOST_TEST(near_word(std::string(10000, 'e'), keys) == "");
}

BOOST_AUTO_TEST_SUITE_END()
