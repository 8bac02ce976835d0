// Runs that end before their last round: by an early-stop rule, or because somebody stops them.

#include "verge/actors/early_stop.hpp"

#include <boost/test/unit_test.hpp>

#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// A run that is evaluated after every second round. `correct`: how many of ten samples each
/// evaluation finds right; the last number also holds for all later evaluations.
struct tested_run : scripted_run {
  tested_run(options how, const std::vector<std::uint64_t>& correct)
      : scripted_run(watched(std::move(how), correct)) {
    spawn_devices();
    system.settle();
  }

  const run_ended& end() const {
    BOOST_REQUIRE(record->ends.size() == 1u);
    BOOST_TEST(record->ends[0].failure == "");
    return record->ends[0];
  }

  static options watched(options how, const std::vector<std::uint64_t>& correct) {
    how.watches = [correct](trainer_script& script, const evaluate_task& task) {
      const auto test = (task.version.value - 1) / 2;
      script.evaluated.sums.correct = correct[std::min<std::size_t>(test, correct.size() - 1)];
    };
    return how;
  }
};

scripted_run::options hundred_rounds(early_stop_options when) {
  scripted_run::options options;
  options.rounds = 100;
  options.evaluate_every = 2;
  options.early_stop = when;
  return options;
}

void check_end(const tested_run& run, std::uint32_t rounds, stop_rule rule) {
  BOOST_TEST(run.end().rounds == rounds);
  BOOST_TEST((run.end().ended_by == rule));
  BOOST_TEST(!run.end().stopped_early);
  BOOST_TEST(run.record->rounds.back().round.value == rounds);
  BOOST_TEST(run.record->evaluations.size() == run.record->rounds.size() / 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(early_stop_test)

BOOST_AUTO_TEST_CASE(a_run_ends_with_the_round_whose_test_is_at_the_target) {
  check_end({hundred_rounds({.target = 0.8}), {5, 7, 8, 9}}, 6, stop_rule::target);
  check_end({hundred_rounds({.target = 0.8}), {7}}, 100, stop_rule::none);
}

BOOST_AUTO_TEST_CASE(a_run_ends_after_so_many_tests_without_a_better_one) {
  // The second evaluation is the best, and an equal one is not better.
  check_end({hundred_rounds({.target = std::nullopt, .patience = 3}), {5, 7, 7, 6, 7, 8}}, 10,
            stop_rule::patience);
  check_end({hundred_rounds({.target = std::nullopt, .patience = 3}), {5, 7, 7, 6, 8, 5, 5, 5}}, 16,
            stop_rule::patience);
  check_end({hundred_rounds({.target = std::nullopt, .patience = 49}), {7}}, 100, stop_rule::none);
}

BOOST_AUTO_TEST_CASE(tests_of_a_model_that_no_round_has_moved_are_no_tests_without_a_better_one) {
  auto options = hundred_rounds({.target = std::nullopt, .patience = 3});
  options.evaluate_every = 1;
  options.devices = 1;
  options.most_abandoned = 10;
  scripted_run run{options};
  // Rounds 2 to 6 miss their quorum.
  run.script->alter = [](const train_task& task, trained_update& made) {
    if (task.round.value >= 2 && task.round.value <= 6) made.failure = "not today";
  };
  run.spawn_devices();
  run.system.settle();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  // The first evaluation is the best. Three more follow, of models that rounds 7 to 9 have moved.
  BOOST_TEST((run.record->ends[0].ended_by == stop_rule::patience));
  BOOST_TEST(run.record->rounds.back().round.value == 9u);
}

BOOST_AUTO_TEST_CASE(of_two_rules_the_first_that_is_reached_ends_the_run) {
  check_end({hundred_rounds({.target = 0.8, .patience = 2}), {5, 5, 5, 8}}, 6, stop_rule::patience);
  check_end({hundred_rounds({.target = 0.8, .patience = 2}), {5, 8}}, 4, stop_rule::target);
}

BOOST_AUTO_TEST_CASE(rounds_wait_for_a_test_that_may_be_the_last) {
  scripted_run run{hundred_rounds({.target = 0.7})};
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  BOOST_TEST(run.record->rounds.size() == 2u);
  run.answer_evaluations();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].rounds == 2u);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_ends_where_the_undisturbed_one_does) {
  auto options = hundred_rounds({.target = 0.9, .patience = 3});
  options.checkpoints = std::make_shared<kept_checkpoints>();
  const std::vector<std::uint64_t> correct{5, 7, 7, 6, 7, 9};
  const tested_run undisturbed{options, correct};
  check_end(undisturbed, 10, stop_rule::patience);
  BOOST_REQUIRE(options.checkpoints->all.size() == 10u);
  for (const auto& kept : options.checkpoints->all) {
    auto later = hundred_rounds(options.early_stop);
    later.resumed = kept;
    const tested_run run{later, correct};
    BOOST_TEST(run.end().rounds == 10u);
    BOOST_TEST((run.end().ended_by == stop_rule::patience));
    BOOST_TEST(run.end_hash() == undisturbed.end_hash());
  }
}

BOOST_AUTO_TEST_CASE(a_test_for_the_sake_of_a_stop_is_marked_and_a_run_that_goes_on_has_none) {
  auto options = hundred_rounds({});
  options.devices = 1;
  options.evaluate_every = 50;
  options.checkpoints = std::make_shared<kept_checkpoints>();
  options.checkpoints->holds = true;
  scripted_run run{options};
  run.spawn_devices();
  run.system.settle();
  caf::anon_send(run.coordinator, stop_atom::value);
  run.answer_checkpoints();
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].evaluated_at_stop);
  BOOST_TEST(run.record->evaluations.size() == 1u);

  auto later = hundred_rounds({});
  later.devices = 1;
  later.evaluate_every = 50;
  later.resumed = options.checkpoints->all.at(0);
  scripted_run resumed{later};
  resumed.spawn_devices();
  resumed.system.settle();
  BOOST_REQUIRE(resumed.record->rounds.size() == 100u);
  BOOST_TEST(resumed.record->evaluations.size() == 2u);
  for (const auto& line : resumed.record->rounds) {
    BOOST_TEST(line.evaluated == (line.round.value % 50 == 0));
    BOOST_TEST(!line.evaluated_at_stop);
  }
}

BOOST_AUTO_TEST_SUITE_END()
