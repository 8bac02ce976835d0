// Checkpoints of a run, and runs that resume from them.

#include "actors/round/run_checkpoint.hpp"
#include "verge/actors/atoms.hpp"

#include <boost/test/unit_test.hpp>

#include "support/scripted_run.hpp"
#include "support/two_matrix_layout.hpp"

using namespace verge;
using namespace verge::test;

namespace {

scripted_run::options kept_run() {
  scripted_run::options options;
  options.rounds = 4;
  options.members_return = true;
  options.return_grace = std::chrono::seconds{30};
  options.checkpoints = std::make_shared<kept_checkpoints>();
  return options;
}

/// Its devices are of the same process.
scripted_run::options kept_run_with_own_devices() {
  auto options = kept_run();
  options.members_return = false;
  options.return_grace = std::chrono::seconds{0};
  return options;
}

/// The run of `before`, resumed from one of its checkpoints.
scripted_run::options resumed_from(const std::shared_ptr<const run_checkpoint>& kept,
                                   scripted_run::options before) {
  before.checkpoints = nullptr;
  before.resumed = kept;
  return before;
}

scripted_run::options kept_run_of_one() {
  auto options = kept_run();
  options.devices = 1;
  return options;
}

void send_update(scripted_run& run, std::uint32_t device, std::uint32_t round) {
  BOOST_REQUIRE((run.offer(run.offer_of(device, round_id{round})) == ""));
  for (const auto& block : run.blocks_of(device, round_id{round})) run.send_block(block);
}

/// A run of one device that has just sent its update of round 1.
struct run_of_one : scripted_run {
  explicit run_of_one(const scripted_run::options& how) : scripted_run(how) {
    system.settle();
    send_update(*this, 0, 1);
  }

  std::shared_ptr<device_record> device = join_as(0);
};

round_id last_used_said(scripted_run& run) {
  return unseal(**run.joins.back())->last_used;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_test)

BOOST_AUTO_TEST_CASE(nobody_hears_of_a_round_before_its_checkpoint_is_kept) {
  auto options = kept_run_of_one();
  options.checkpoints->holds = true;
  run_of_one run{options};
  BOOST_REQUIRE(options.checkpoints->all.size() == 1u);
  const auto& kept = *options.checkpoints->all[0];
  BOOST_TEST(kept.rounds.round.value == 1u);
  BOOST_TEST(kept.server.version.value == 1u);
  BOOST_TEST(kept.used_in.at(0).value == 1u);
  BOOST_TEST(kept.line.used == 1u);
  BOOST_TEST(run.device->outcomes.empty());
  BOOST_TEST(run.record->rounds.empty());

  // A device that joins now must not be told what a crash could still take back.
  const auto again = run.join_as(0);
  run.system.settle();
  BOOST_TEST(last_used_said(run).value == 0u);
  BOOST_TEST(again->outcomes.empty());

  run.answer_checkpoints();
  BOOST_REQUIRE(again->outcomes.size() == 1u);
  BOOST_TEST((again->outcomes[0].fate == update_fate::used));
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(again->orders.size() == 1u);  // of round 2
  run.join_as(0);
  run.system.settle();
  BOOST_TEST(last_used_said(run).value == 1u);
}

BOOST_AUTO_TEST_CASE(where_no_checkpoint_can_be_kept_the_run_fails_and_nobody_hears_of_the_round) {
  auto options = kept_run_of_one();
  options.checkpoints->failure = "the disk is full";
  run_of_one run{options};
  BOOST_TEST(run.device->outcomes.empty());
  BOOST_TEST(run.record->rounds.empty());
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure == "the disk is full");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_is_never_kept_fails_the_run) {
  auto options = kept_run_of_one();
  options.checkpoints->holds = true;
  run_of_one run{options};
  run.system.advance(std::chrono::hours{1});
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure ==
             "round 1: the checkpoint has not been written in 3600 s");
}

BOOST_AUTO_TEST_CASE(a_stop_while_a_checkpoint_is_kept_ends_the_run_with_an_evaluation) {
  auto options = kept_run_of_one();
  options.checkpoints->holds = true;
  run_of_one run{options};
  caf::anon_send(run.coordinator, stop_atom::value);
  run.system.settle();
  BOOST_TEST(run.record->ends.empty());
  run.answer_checkpoints();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].stopped_early);
  BOOST_TEST(run.record->rounds.at(0).evaluated);
  BOOST_TEST(run.record->evaluations.size() == 1u);
}

BOOST_AUTO_TEST_CASE(earlier_evaluations_are_told_before_a_checkpoint_is_kept) {
  auto options = kept_run();
  options.evaluate_every = 1;
  scripted_run run{options};
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  // Round 2 is committed, but its checkpoint waits for the evaluation of round 1.
  BOOST_TEST(run.snapshot().version.value == 2u);
  BOOST_TEST(options.checkpoints->all.size() == 1u);
  BOOST_TEST(run.record->evaluations.empty());
  run.answer_evaluations();
  BOOST_TEST(run.record->evaluations.size() >= 1u);
  BOOST_TEST(options.checkpoints->all.size() >= 2u);
}

BOOST_AUTO_TEST_CASE(from_each_of_its_checkpoints_a_run_comes_to_the_same_model) {
  const std::pair<std::string, const char*> runs[] = {{"topk(0.2)+int8", "average"},
                                                      {"dgc(0.2, momentum=0.5)", "momentum"},
                                                      {"int8", "yogi"},
                                                      {"none", "adam"},
                                                      {"none", "adagrad"}};
  for (const auto& [up, rule] : runs) {
    auto options = kept_run();
    options.rule = rule;
    options.layout = two_matrix_layout();
    options.codecs = {
        .up = up, .down = up == "none" ? "model" : "stc(0.2)", .devices = 3, .seed = 4};
    options.evaluate_every = 2;
    const auto residuals = std::make_shared<remembering_store>();
    options.residuals = residuals;
    scripted_run undisturbed{options};
    undisturbed.spawn_devices();
    undisturbed.system.settle();
    const auto expected = undisturbed.end_hash();
    const auto& lines = undisturbed.record->rounds;
    BOOST_REQUIRE(options.checkpoints->all.size() == 4u);

    for (const auto& kept : options.checkpoints->all)
      // The devices had prepared the update of that round, or already that of the next round.
      for (const std::uint32_t ahead : {0u, 1u}) {
        const auto round = kept->rounds.round.value;
        if (round + ahead > options.rounds) continue;
        auto later = options;
        later.checkpoints = std::make_shared<kept_checkpoints>();
        later.resumed = std::make_shared<const run_checkpoint>(copy_of(*kept));
        later.residuals = residuals->as_of(round_id{round + ahead});
        scripted_run run{later};
        run.spawn_devices();
        run.system.settle();
        BOOST_TEST(run.end_hash() == expected, up << ", resumed after round " << round);
        BOOST_REQUIRE(run.record->rounds.size() == options.rounds - round + 1);
        for (const auto& line : run.record->rounds) {
          BOOST_TEST(line.epoch == lines[line.round.value - 1].epoch);
          BOOST_TEST(line.train_loss == lines[line.round.value - 1].train_loss);
          BOOST_TEST(line.used == 3u);
        }
        BOOST_TEST(run.record->evaluations.size() ==
                   (round <= 2 ? 2u : 1u));  // of rounds 2 and 4, or the last
      }
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_run_waits_for_its_members_as_long_as_for_a_lost_link) {
  auto options = kept_run();
  scripted_run before{options};
  before.spawn_devices();
  before.system.settle();
  auto later = kept_run();
  later.resumed = options.checkpoints->all.at(1);
  scripted_run run{later};
  run.system.settle();
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].round.value == 2u);
  run.spawn_devices(1);  // device 0 stays away
  run.system.settle();
  BOOST_TEST(run.record->rounds.size() == 1u);
  run.system.advance(later.return_grace);
  BOOST_TEST(run.record->rounds.size() == 3u);
  BOOST_TEST(run.record->rounds.back().round.value == 4u);
  BOOST_TEST(run.record->rounds.back().cohort == 2u);
  BOOST_TEST(run.record->rounds.back().used == 2u);
}

BOOST_AUTO_TEST_CASE(devices_of_the_same_process_join_a_resumed_run_again) {
  const auto options = kept_run_with_own_devices();
  scripted_run undisturbed{options};
  undisturbed.spawn_devices();
  undisturbed.system.settle();
  for (const auto& kept : options.checkpoints->all) {
    scripted_run run{resumed_from(kept, options)};
    run.spawn_devices();
    run.system.settle();
    BOOST_TEST(run.end_hash() == undisturbed.end_hash());
    const auto& lines = run.record->rounds;
    BOOST_REQUIRE(lines.size() == options.rounds - kept->rounds.round.value + 1);
    // The bytes of joining again are in no round.
    for (const auto& line : lines) {
      const auto& before = undisturbed.record->rounds[line.round.value - 1];
      BOOST_TEST(line.bytes_up == before.bytes_up);
      BOOST_TEST(line.bytes_down == before.bytes_down);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_run_waits_for_the_devices_of_its_process_before_it_tests_a_model) {
  auto options = kept_run_with_own_devices();
  options.failure_is_fatal = true;
  options.evaluate_every = 1;
  scripted_run undisturbed{options};
  undisturbed.spawn_devices();
  undisturbed.system.settle();
  // This also holds after the last round: a device that is late by then has not failed the run.
  for (const auto& kept : options.checkpoints->all) {
    scripted_run run{resumed_from(kept, options)};
    run.spawn_devices(1);
    run.system.settle();
    BOOST_TEST(run.record->rounds.empty());
    BOOST_TEST(run.script->evaluated_versions.empty());
    BOOST_TEST(run.record->ends.empty());
    run.join_as(0);
    run.system.settle();
    BOOST_TEST(run.record->rounds.size() == 1u);
    BOOST_TEST(run.script->evaluated_versions.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(checkpoints_are_as_many_rounds_apart_as_is_asked_for) {
  const auto kept_after = [](std::optional<std::uint32_t> every) {
    auto options = kept_run();
    options.rounds = 7;
    options.checkpoint_every = every;
    scripted_run run{options};
    run.spawn_devices();
    run.system.settle();
    std::vector<std::uint32_t> rounds;
    for (const auto& kept : options.checkpoints->all) rounds.push_back(kept->rounds.round.value);
    return rounds;
  };
  using numbers = std::vector<std::uint32_t>;
  BOOST_TEST((kept_after(3) == numbers{3, 6}));
  BOOST_TEST(kept_after(0).empty());
  // The manual clock stands still.
  BOOST_TEST(kept_after(std::nullopt).empty());
}

BOOST_AUTO_TEST_CASE(without_a_number_a_checkpoint_is_kept_once_a_minute) {
  auto options = kept_run_of_one();
  options.rounds = 100;
  options.checkpoint_every.reset();
  scripted_run run{options};
  run.join_as(0);
  run.system.settle();
  for (std::uint32_t round = 1; round <= 7; ++round) {
    run.system.advance(std::chrono::seconds{25});
    send_update(run, 0, round);
    run.system.settle();
  }
  std::vector<std::uint32_t> rounds;
  for (const auto& kept : options.checkpoints->all) rounds.push_back(kept->rounds.round.value);
  BOOST_TEST((rounds == std::vector<std::uint32_t>{3, 6}));  // after 75 and 150 seconds
}

BOOST_AUTO_TEST_CASE(members_of_a_resumed_run_can_be_given_longer_than_a_lost_link) {
  auto options = kept_run();
  scripted_run before{options};
  before.spawn_devices();
  before.system.settle();
  auto later = kept_run();
  later.resumed = options.checkpoints->all.at(1);
  later.resumed_grace = 3 * later.return_grace;
  scripted_run run{later};
  run.spawn_devices(1);  // device 0 stays away
  run.system.settle();
  run.system.advance(2 * later.return_grace);
  BOOST_TEST(run.record->rounds.size() == 1u);
  run.system.advance(later.return_grace);
  BOOST_TEST(run.record->rounds.size() == 3u);
}

BOOST_AUTO_TEST_CASE(resumed_after_its_last_round_a_run_ends_with_its_line) {
  auto options = kept_run();
  scripted_run before{options};
  before.spawn_devices();
  before.system.settle();
  auto later = kept_run();
  later.resumed = options.checkpoints->all.back();
  scripted_run run{later};
  run.system.settle();
  BOOST_TEST(run.end_hash() == before.end_hash());
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->evaluations.size() == 1u);
  BOOST_TEST(!run.record->ends[0].stopped_early);
  // None of them may have been told of the end.
  BOOST_TEST(run.record->ends[0].away.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
