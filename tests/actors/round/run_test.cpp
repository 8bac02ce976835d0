// Whole runs. Server, coordinator, evaluator and devices are real, the trainers are made up. The
// file is long because every way in which a whole run can go has a case, on one fixture.

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>

#include "support/counting_relays.hpp"
#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

std::string end_hash(const scripted_run& run) {
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure == "");
  return model_sha256(run.setup.layout, run.record->ends[0].model.state);
}

/// Checks that the run has ended with `failure`, and that only those of its actors live that the
/// test holds: trainers and the devices' compressor.
void check_over(scripted_run& run, const std::string& failure, std::size_t alive = 2) {
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure == failure);
  BOOST_TEST(run.system.alive() == alive);
}

void check_adds_up(const round_result& line) {
  BOOST_TEST(line.cohort == line.used + line.late + line.lost + line.refused);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_test, *boost::unit_test::tolerance(1e-10))

// -- undisturbed ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_run_of_three_devices_commits_its_rounds) {
  scripted_run run{{.rounds = 5, .evaluate_every = 2, .layout = four_block_layout()}};
  run.spawn_devices();
  run.system.settle();
  check_over(run, "");
  const auto& end = run.record->ends[0];
  BOOST_TEST(end.rounds == 5u);
  BOOST_TEST(!end.stopped_early);
  BOOST_TEST(end.model.version.value == 5u);

  BOOST_REQUIRE(run.record->rounds.size() == 5u);
  for (std::uint32_t i = 0; i < 5; ++i) {
    const auto& line = run.record->rounds[i];
    BOOST_TEST(line.round.value == i + 1);
    BOOST_TEST(line.version.value == i + 1);
    BOOST_TEST(line.epoch == i + 1.0);
    BOOST_TEST(line.used == 3u);
    check_adds_up(line);
    // The losses are 0.5, 1.5 and 2.5, with shards of 4, 6 and 8 samples.
    BOOST_TEST(line.train_loss == (0.5 * 4 + 1.5 * 6 + 2.5 * 8) / 18.0);
  }
  BOOST_REQUIRE(run.record->evaluations.size() == 3u);  // rounds 2, 4 and the last
  BOOST_TEST(run.record->evaluations[1].round.value == 4u);
  BOOST_TEST(run.record->evaluations[2].version.value == 5u);
  BOOST_TEST(run.record->evaluations[2].accuracy == 0.7);
  BOOST_TEST(run.record->evaluations[2].loss == 0.5);

  const auto start = made_state(run.setup.layout);
  for (const std::size_t p : {std::size_t{0}, std::size_t{131'072}, std::size_t{262'150}}) {
    double expected = value_of(start.parameters, p);
    for (std::uint32_t round = 1; round <= 5; ++round)
      for (std::uint32_t d = 0; d < 3; ++d)
        expected += static_cast<double>(scripted_run::shard_size(d)) * noise(2, d, round, p) / 18.0;
    BOOST_TEST(value_of(end.model.state.parameters, p) == expected);
  }
}

BOOST_AUTO_TEST_CASE(the_model_does_not_depend_on_aggregators_budget_or_the_order_of_joins) {
  std::set<std::string> hashes;
  for (const std::uint32_t aggregators : {1u, 2u, 3u, 50u})
    for (const std::uint64_t budget : {std::uint64_t{1}, std::uint64_t{1} << 40}) {
      scripted_run run{{.rounds = 3,
                        .aggregators = aggregators,
                        .upload_budget = budget,
                        .layout = four_block_layout(scalar::float32)}};
      run.spawn_devices();
      run.system.settle();
      hashes.insert(end_hash(run));
    }
  BOOST_TEST(hashes.size() == 1u);
}

BOOST_AUTO_TEST_CASE(only_the_cohort_trains) {
  scripted_run run{{.devices = 10, .rounds = 20, .cohort = 3}};
  run.spawn_devices();
  run.system.settle();
  check_over(run, "");
  BOOST_TEST(run.script->trained.size() == 60u);
  for (const auto& line : run.record->rounds) BOOST_TEST(line.cohort == 3u);
  std::set<std::uint32_t> trained;
  for (const auto& task : run.script->trained) {
    trained.insert(task.data->device().value);
    BOOST_TEST(task.version.value == task.round.value - 1u);
  }
  BOOST_TEST(trained.size() > 5u);
}

BOOST_AUTO_TEST_CASE(timers_do_not_pile_up_over_rounds) {
  scripted_run run{{.rounds = 200, .deadline = std::chrono::hours{1}}};
  // The evaluation of the last round is held, because actors that have ended take their timers with
  // them.
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  BOOST_TEST(run.record->rounds.size() == 200u);
  BOOST_TEST(run.record->ends.empty());
  BOOST_TEST(run.system.pending_timeouts() == 6u);  // three of the coordinator, one of each device
  run.answer_evaluations();
  check_over(run, "");
}

BOOST_AUTO_TEST_CASE(the_ledgers_bytes_are_those_of_all_messages_that_went_by) {
  scripted_run run{{.rounds = 4, .layout = four_block_layout(scalar::float32)}};
  const auto bytes = std::make_shared<relayed_bytes>();
  const auto server = spawn_server_relay(run.system.actors(), run.server, bytes);
  const auto coordinator = spawn_coordinator_relay(run.system.actors(), run.coordinator, bytes);
  run.spawn_devices(0, server, coordinator);
  run.system.settle();
  std::uint64_t up = 0;
  std::uint64_t down = 0;
  for (const auto& line : run.record->rounds) {
    up += line.bytes_up;
    down += line.bytes_down;
  }
  BOOST_TEST(run.record->rounds.size() == 4u);
  BOOST_TEST(up == bytes->up);
  BOOST_TEST(down == bytes->down);
  // Three devices in four rounds send at least one model each way.
  const auto model = run.setup.layout.parameter_count() * 4;
  BOOST_TEST(up > 12 * model);
  BOOST_TEST(up < 12 * (model + 2000));
  BOOST_TEST(down > 12 * model);
  BOOST_TEST(down < 12 * (model + 2000));
  caf::anon_send_exit(coordinator, caf::exit_reason::kill);  // the devices' coordinator
}

BOOST_AUTO_TEST_CASE(bytes_are_counted_with_codecs_and_whatever_becomes_of_an_update) {
  for (const link_codecs& codecs : {link_codecs{}, link_codecs{"int8", "stc(0.01)", 3, 1}}) {
    scripted_run run{{.rounds = 4,
                      .quorum = 0.3,
                      .layout = four_block_layout(scalar::float32),
                      .codecs = codecs}};
    // In round 2, device 0 fails, device 1 has an update that no server would accept, and the
    // update of device 2 is used. In round 3, device 0 does not answer before the deadline.
    run.script->alter = [](const train_task& task, trained_update& made) {
      if (task.round.value != 2) return;
      if (task.data->device().value == 0) made = {{}, {}, {}, "no memory"};
      if (task.data->device().value == 1)
        made.update.as<float>()[7] = std::numeric_limits<float>::quiet_NaN();
    };
    run.script->ignores = [](const train_task& task) {
      return task.round.value == 3 && task.data->device().value == 0;
    };
    const auto bytes = std::make_shared<relayed_bytes>();
    const auto server = spawn_server_relay(run.system.actors(), run.server, bytes);
    const auto coordinator = spawn_coordinator_relay(run.system.actors(), run.coordinator, bytes);
    run.spawn_devices(0, server, coordinator);
    run.system.settle();
    run.system.advance(run.setup.deadline);
    run.end_hash();
    std::uint64_t up = 0, down = 0;
    std::uint32_t used = 0, late = 0, refused = 0, lost = 0;
    for (const auto& line : run.record->rounds) {
      up += line.bytes_up;
      down += line.bytes_down;
      used += line.used;
      late += line.late;
      refused += line.refused;
      lost += line.lost;
    }
    BOOST_TEST(used == 9u);
    BOOST_TEST(late == 1u);
    BOOST_TEST(refused == 1u);
    BOOST_TEST(lost == 1u);
    BOOST_TEST(up == bytes->up);
    BOOST_TEST(down == bytes->down);
    caf::anon_send_exit(coordinator, caf::exit_reason::kill);  // the devices' coordinator
  }
}

BOOST_AUTO_TEST_CASE(after_a_round_no_memory_of_its_updates_is_left) {
  scripted_run run{{.rounds = 100, .evaluate_every = 1}};
  std::vector<std::weak_ptr<void>> updates;
  run.script->alter = [&](const train_task&, trained_update& made) {
    updates.push_back(made.update.memory());
    updates.push_back(made.moments.memory());
  };
  // The run halts between two rounds, while two evaluations are under way.
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  BOOST_TEST(run.record->ends.empty());
  BOOST_TEST(updates.size() == 2u * 3u * run.record->rounds.size());
  for (const auto& update : updates) BOOST_TEST(update.expired());
}

// -- evaluation and the end -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_slow_evaluation_lets_two_more_rounds_pass_and_no_third) {
  scripted_run run{{.rounds = 6, .evaluate_every = 1}};
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  // One version is evaluated, one waits, and the third round is closed but has no room for its
  // snapshot.
  BOOST_TEST(run.record->rounds.size() == 3u);
  BOOST_TEST(run.script->evaluated_versions.size() == 1u);
  BOOST_TEST(run.record->evaluations.empty());
  run.answer_evaluations();
  BOOST_TEST(run.record->rounds.size() == 4u);
  BOOST_TEST(run.record->evaluations.size() == 1u);
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(run.record->ends.empty());
    run.answer_evaluations();
  }
  check_over(run, "");
  BOOST_REQUIRE(run.record->evaluations.size() == 6u);
  for (std::uint32_t i = 0; i < 6; ++i) {
    BOOST_TEST(run.record->evaluations[i].round.value == i + 1);
    BOOST_TEST(run.record->evaluations[i].version.value == i + 1);
    BOOST_TEST(run.script->evaluated_versions[i].value == i + 1);
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_fails_still_tells_what_was_tested_before) {
  scripted_run run{{.rounds = 5, .evaluate_every = 1, .failure_is_fatal = true}};
  run.script->holds_evaluations = true;
  run.script->alter = [](const train_task& task, trained_update& made) {
    if (task.round.value == 2) made.failure = "out of luck";
  };
  run.spawn_devices();
  run.system.settle();
  BOOST_TEST(run.record->ends.empty());
  run.answer_evaluations();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure.find("out of luck") != std::string::npos);
  BOOST_REQUIRE(run.record->evaluations.size() == 1u);
  BOOST_TEST(run.record->evaluations[0].round.value == 1u);
}

BOOST_AUTO_TEST_CASE(an_evaluation_says_how_many_of_each_label_are_right) {
  scripted_run run{{.rounds = 1, .evaluate_every = 1, .test_samples = 700}};
  // The test set is cut into two parts, and no sample has label 1.
  run.script->evaluated = {{10, 7, 5.0, {{4, 4}, {0, 0}, {6, 3}}}, {}};
  run.spawn_devices();
  run.system.settle();
  BOOST_REQUIRE(run.script->evaluated_versions.size() == 2u);
  BOOST_REQUIRE(run.record->evaluations.size() == 1u);
  const std::vector<std::optional<double>> expected{1.0, std::nullopt, 0.5};
  BOOST_TEST((run.record->evaluations[0].accuracy_by_label == expected));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_run_after_the_open_round_with_an_evaluation) {
  scripted_run run{{.rounds = 100}};
  run.spawn_devices(1);
  const auto played = run.join_as(0);
  run.system.settle();
  const auto answer_for_0 = [&](std::uint32_t round) {
    BOOST_TEST((run.offer(run.offer_of(0, round_id{round})) == ""));
    for (const auto& block : run.blocks_of(0, round_id{round})) run.send_block(block);
  };
  answer_for_0(1);
  caf::anon_send(run.coordinator, stop_atom::value);
  run.system.settle();
  BOOST_TEST(run.record->ends.empty());
  answer_for_0(2);
  check_over(run, "");
  BOOST_TEST(run.record->ends[0].stopped_early);
  BOOST_TEST(run.record->ends[0].rounds == 2u);
  BOOST_REQUIRE(run.record->evaluations.size() == 1u);
  BOOST_TEST(run.record->evaluations[0].version.value == 2u);
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_first_round_ends_the_run_without_one) {
  scripted_run run{{}};
  caf::anon_send(run.coordinator, stop_atom::value);
  run.system.settle();
  check_over(run, "");
  BOOST_TEST(run.record->ends[0].stopped_early);
  BOOST_TEST(run.record->ends[0].rounds == 0u);
}

BOOST_AUTO_TEST_CASE(an_evaluation_that_fails_ends_the_run_with_its_line) {
  scripted_run run{{.evaluate_every = 1}};
  run.script->evaluated.failure = "sample 3 has label 12";
  run.spawn_devices();
  run.system.settle();
  check_over(run, "evaluation of round 1: sample 3 has label 12");
}

BOOST_AUTO_TEST_CASE(an_empty_test_set_does_not_hold_up_the_end) {
  scripted_run run{{.evaluate_every = 1, .test_samples = 0}};
  run.spawn_devices();
  run.system.settle();
  check_over(run, "");
  BOOST_TEST(run.record->evaluations.size() == 2u);
}

// -- failures -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_trainer_that_fails_ends_the_run_with_one_line_where_devices_are_our_own) {
  scripted_run run{{.rounds = 5, .failure_is_fatal = true}};
  run.script->alter = [](const train_task& task, trained_update& made) {
    if (task.round.value == 2 && task.data->device().value == 1)
      made = {{}, {}, {}, "the loss of step 0 is not a number"};
  };
  run.spawn_devices();
  run.system.settle();
  check_over(run, "round 2: device 1: the loss of step 0 is not a number");
  BOOST_TEST(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->ends[0].model.version.value == 1u);
}

BOOST_AUTO_TEST_CASE(a_device_that_fails_loses_its_update_where_devices_are_others) {
  scripted_run run{{.rounds = 3, .quorum = 0.6}};
  run.script->alter = [](const train_task& task, trained_update& made) {
    if (task.round.value == 2 && task.data->device().value == 1) made = {{}, {}, {}, "no memory"};
  };
  run.spawn_devices();
  run.system.settle();
  check_over(run, "");
  const std::uint32_t lost[] = {0, 1, 0};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(run.record->rounds.at(i).lost == lost[i]);
    check_adds_up(run.record->rounds[i]);
  }
}

BOOST_AUTO_TEST_CASE(an_evaluation_that_does_not_end_ends_the_run) {
  for (const std::uint32_t rounds :
       {6u, 1u}) {  // when the third round waits for it, and at the end
    scripted_run run{{.rounds = rounds, .evaluate_every = 1}};
    run.script->holds_evaluations = true;
    run.spawn_devices();
    run.system.settle();
    run.system.advance(std::chrono::minutes{59});
    BOOST_TEST(run.record->ends.empty());
    run.system.advance(std::chrono::minutes{2});
    check_over(
        run, fmt::format("round {}: an evaluation has not ended in 3600 s", std::min(rounds, 3u)));
  }
}

BOOST_AUTO_TEST_CASE(an_order_that_no_device_can_read_ends_the_run) {
  const auto too_long = longest_deadline + std::chrono::milliseconds{1};
  scripted_run run{{.deadline = too_long, .failure_is_fatal = true}};
  run.spawn_devices();
  run.system.settle();
  check_over(
      run,
      "round 1: device 0: open_round: a deadline of 31536000001 ms; expected 1 ms to one year");
}

BOOST_AUTO_TEST_CASE(an_actor_of_the_run_that_dies_ends_the_run_with_a_line) {
  const auto end_when = [](auto kill) {
    scripted_run run{{.rounds = 100, .evaluate_every = 1}};
    run.script->holds_evaluations = true;
    run.spawn_devices();
    run.system.settle();
    BOOST_TEST(run.record->ends.empty());
    kill(run);
    run.system.settle();
    BOOST_REQUIRE(run.record->ends.size() == 1u);
    const auto& failure = run.record->ends[0].failure;
    BOOST_TEST(failure.rfind("an actor of the run has ended: ", 0) == 0u);
    BOOST_TEST(failure.find('\n') == std::string::npos);
    return run.system.alive();
  };
  const auto kill = [](const auto& who) { caf::anon_send_exit(who, caf::exit_reason::kill); };
  BOOST_TEST(end_when([&](scripted_run& run) { kill(run.server); }) == 2u);
  BOOST_TEST(end_when([&](scripted_run& run) { kill(run.evaluator); }) == 2u);
  BOOST_TEST(end_when([&](scripted_run& run) { kill(run.trainers); }) == 1u);
}

BOOST_AUTO_TEST_CASE(a_compressor_that_dies_ends_the_run_with_a_line) {
  scripted_run run{{.rounds = 100, .evaluate_every = 1}};
  run.script->holds_evaluations = true;
  run.spawn_devices();
  run.system.settle();
  caf::anon_send_exit(run.compressor, caf::exit_reason::kill);
  // The evaluation under way, the one that waits, and the one that had no room yet.
  for (int i = 0; i < 3; ++i) run.answer_evaluations();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(!run.record->ends[0].failure.empty());
}

BOOST_AUTO_TEST_CASE(a_device_that_dies_is_lost_or_ends_the_run_where_devices_are_our_own) {
  for (const bool fatal : {false, true}) {
    scripted_run run{{.rounds = 2, .quorum = 0.6, .failure_is_fatal = fatal}};
    run.join_as(0);
    run.spawn_devices(1);
    run.system.settle();
    BOOST_TEST(run.record->rounds.empty());
    caf::anon_send_exit(run.played.at(0), caf::exit_reason::kill);
    run.system.settle();
    check_over(run, fatal ? "round 1: device 0 has ended" : "");
    if (fatal) continue;
    BOOST_TEST(run.record->rounds.at(0).lost == 1u);
    BOOST_TEST(run.record->rounds.at(1).cohort == 2u);
  }
}

BOOST_AUTO_TEST_CASE(members_that_do_not_come_end_the_run_at_the_deadline) {
  scripted_run run{{.rounds = 2}};
  run.spawn_devices(1);
  run.system.settle();
  BOOST_TEST(run.record->ends.empty());
  run.system.advance(run.setup.deadline);
  check_over(run, "2 of 3 devices have joined before the deadline");
}

// -- slow devices ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_device_that_never_answers_is_late_and_the_round_goes_on_by_quorum) {
  for (const bool fatal : {false, true}) {
    scripted_run run{{.rounds = 3, .quorum = 0.6, .failure_is_fatal = fatal}};
    run.script->ignores = [](const train_task& task) {
      return task.round.value == 2 && task.data->device().value == 0;
    };
    run.spawn_devices();
    run.system.settle();
    BOOST_TEST(run.record->rounds.size() == 1u);
    run.system.advance(run.setup.deadline - std::chrono::milliseconds{1});
    BOOST_TEST(run.record->rounds.size() == 1u);
    run.system.advance(std::chrono::milliseconds{1});
    // Round 3 has opened, and the device, which never got an answer, does its part again.
    check_over(run, "");
    const std::uint32_t late[] = {0, 1, 0};
    for (std::size_t i = 0; i < 3; ++i) {
      BOOST_TEST(run.record->rounds.at(i).late == late[i]);
      check_adds_up(run.record->rounds[i]);
    }
  }
}

BOOST_AUTO_TEST_CASE(below_the_quorum_the_deadline_ends_the_run_with_the_numbers) {
  scripted_run run{{.rounds = 3, .failure_is_fatal = true}};
  run.script->ignores = [](const train_task& task) { return task.data->device().value == 0; };
  run.spawn_devices();
  run.system.settle();
  run.system.advance(run.setup.deadline);
  check_over(run,
             "round 1 missed its quorum: 2 of 3 answered, 3 are wanted; the deadline has passed");
}

BOOST_AUTO_TEST_CASE(a_round_below_the_quorum_leaves_no_trace_in_the_model_but_a_line) {
  scripted_run run{{.rounds = 4, .quorum = 1.0, .most_abandoned = 1}};
  run.script->ignores = [](const train_task& t) {
    return t.round.value == 2 && t.data->device().value == 1;
  };
  run.spawn_devices();
  run.system.settle();
  run.system.advance(run.setup.deadline);
  BOOST_REQUIRE(run.record->rounds.size() == 4u);
  const auto& missed = run.record->rounds[1];
  BOOST_TEST(missed.used == 0u);
  BOOST_TEST(missed.lost == 2u);
  BOOST_TEST(missed.late == 1u);
  BOOST_TEST(missed.version.value == 1u);
  BOOST_TEST(missed.epoch == run.record->rounds[0].epoch);
  BOOST_TEST(missed.bytes_up > run.record->rounds[2].bytes_up / 2);
  BOOST_TEST(run.record->rounds[3].version.value == 3u);
  // The averages of the made-up updates, without those of round 2.
  const auto start = made_state(run.setup.layout).parameters;
  const auto end = run.record->ends.at(0).model.state.parameters.clone();
  double weight = 0.0;
  for (std::uint32_t d = 0; d < 3; ++d) weight += static_cast<double>(scripted_run::shard_size(d));
  for (std::size_t i = 0; i < end.size(); i += 7) {
    double given = 0.0;
    for (const std::uint32_t round : {1u, 3u, 4u})
      for (std::uint32_t d = 0; d < 3; ++d)
        given +=
            static_cast<double>(scripted_run::shard_size(d)) / weight *
            value_of(made_update(run.setup.layout, device_id{d}, round_id{round}, {}).update, i);
    BOOST_TEST(std::abs(value_of(end, i) - value_of(start, i) - given) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(each_round_has_a_deadline_of_its_own) {
  scripted_run run{{.rounds = 3, .quorum = 0.6}};
  run.script->ignores = [](const train_task& task) { return task.data->device().value == 0; };
  run.spawn_devices();
  run.system.settle();
  for (std::size_t round = 0; round < 3; ++round) {
    BOOST_TEST(run.record->rounds.size() == round);
    run.system.advance(run.setup.deadline - std::chrono::milliseconds{1});
    BOOST_TEST(run.record->rounds.size() == round);
    run.system.advance(std::chrono::milliseconds{1});
  }
  check_over(run, "");
}

BOOST_AUTO_TEST_CASE(a_long_wait_for_members_does_not_lengthen_the_rounds_that_follow) {
  scripted_run run{{.rounds = 3, .quorum = 0.6, .join_deadline = std::chrono::hours{1}}};
  run.script->ignores = [](const train_task& task) { return task.data->device().value == 0; };
  run.system.advance(std::chrono::minutes{1});
  run.spawn_devices();
  run.system.settle();
  for (std::size_t round = 0; round < 3; ++round) {
    BOOST_TEST(run.record->rounds.size() == round);
    run.system.advance(run.setup.deadline);
  }
  check_over(run, "");
}

namespace {

/// One round continues with two of three devices. The next waits for the third for an hour.
const scripted_run::options waits_for_three{.rounds = 3,
                                            .quorum = 0.6,
                                            .members_return = true,
                                            .join_deadline = std::chrono::hours{1},
                                            .min_devices = 3};

void lose_one_of_three(scripted_run& run) {
  run.spawn_devices(1);
  run.join_as(0);
  run.system.settle();
  caf::anon_send_exit(run.played.at(0), caf::exit_reason::user_shutdown);
  run.system.settle();
  BOOST_TEST(run.record->rounds.size() == 1u);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_round_does_not_shorten_the_wait_for_members_that_follows) {
  scripted_run run{waits_for_three};
  lose_one_of_three(run);
  run.system.advance(std::chrono::minutes{59});
  BOOST_TEST(run.record->ends.empty());
  run.system.advance(std::chrono::minutes{1});
  check_over(run, "2 of 3 devices have joined before the deadline");
}

BOOST_AUTO_TEST_CASE(a_stop_while_members_are_waited_for_evaluates_the_version_that_is_left) {
  scripted_run run{waits_for_three};
  lose_one_of_three(run);
  BOOST_TEST(run.record->evaluations.empty());
  caf::anon_send(run.coordinator, stop_atom::value);
  run.system.settle();
  check_over(run, "");
  BOOST_REQUIRE(run.record->evaluations.size() == 1u);
  BOOST_TEST(run.record->evaluations[0].version.value == 1u);
  BOOST_TEST(run.record->evaluations[0].round.value == 1u);
}

BOOST_AUTO_TEST_CASE(a_quick_round_does_not_shorten_the_deadline_of_the_next) {
  scripted_run run{{.rounds = 2, .quorum = 0.6}};
  run.script->ignores = [](const train_task& task) {
    return task.round.value == 2 && task.data->device().value == 1;
  };
  run.spawn_devices(1);
  run.join_as(0);
  run.system.settle();
  run.system.advance(run.setup.deadline / 2);
  for (std::uint32_t round = 1; round <= 2; ++round) {
    BOOST_TEST((run.offer(run.offer_of(0, round_id{round})) == ""));
    for (const auto& block : run.blocks_of(0, round_id{round})) run.send_block(block);
  }
  BOOST_TEST(run.record->rounds.size() == 1u);
  run.system.advance(run.setup.deadline / 2);  // the deadline of round 1, which is closed
  BOOST_TEST(run.record->rounds.size() == 1u);
  run.system.advance(run.setup.deadline / 2);
  BOOST_TEST(run.record->rounds.size() == 2u);
}

// -- invalid messages -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(who_cannot_join_is_told_why_and_the_run_waits_for_the_right_one) {
  scripted_run run{{.devices = 1, .rounds = 1}};
  const auto answer_to = [&](const sealed<join>& request) {
    const auto stranger =
        run.system.actors().spawn([](device_actor::pointer) -> device_actor::behavior_type {
          return {[](const sealed<open_round>&) { BOOST_ERROR("a stranger was asked"); },
                  [](const sealed<round_outcome>&) {}, [](const sealed<run_over>&) {}};
        });
    return unseal(*run.system.ask<sealed<welcome>>(run.coordinator, request, stranger))
        ->refused_because;
  };
  join request{protocol_version, std::string(32, 'x'), device_id{0}, 4, {codec_none}};
  BOOST_TEST(answer_to(seal(request)) ==
             "device 0 is set up for another model: its manifest hash differs");
  request.manifest_hash = run.setup.layout.hash();
  request.device = device_id{1};
  BOOST_TEST(answer_to(seal(request)) == "device 1 joins a run of 1 devices, numbered from 0");
  request.device = device_id{0};
  request.samples = 0;
  BOOST_TEST(answer_to(seal(request)) == "join: a device without samples");
  BOOST_TEST(answer_to(sealed<join>{}) == "join: an empty message");
  run.spawn_devices();
  run.system.settle();
  check_over(run, "");
}

namespace {

using garbage = void (*)(scripted_run&, round_id);

/// Two rounds of devices 1 and 2, while device 0 sends `garbage` and then nothing, until the
/// deadline.
std::string end_with(garbage send) {
  scripted_run run{{.rounds = 2, .quorum = 0.6, .failure_is_fatal = true}};
  run.spawn_devices(1);
  const auto played = run.join_as(0);
  run.system.settle();
  for (const round_id round : {round_id{1}, round_id{2}}) {
    BOOST_TEST(played->orders.size() == round.value);
    send(run, round);
    if (run.record->rounds.size() < round.value) run.system.advance(run.setup.deadline);
    BOOST_REQUIRE(played->outcomes.size() == round.value);
    const auto& outcome = played->outcomes.back();
    BOOST_TEST((outcome.fate == update_fate::late || outcome.fate == update_fate::refused));
    BOOST_TEST(!outcome.reason.empty());
    BOOST_TEST(run.record->rounds.at(round.value - 1).used == 2u);
    check_adds_up(run.record->rounds.back());
  }
  return end_hash(run);
}

void send_blocks(scripted_run& run, const std::vector<update_block>& blocks, const char* refusal) {
  std::string last;
  for (const auto& block : blocks) {
    const auto ack = run.send_block(block);
    BOOST_TEST(!ack.counted);
    last = ack.refused_because;
    if (!last.empty()) break;
  }
  BOOST_TEST(last == refusal);
}

void grant(scripted_run& run, const upload_request& request) {
  BOOST_TEST((run.offer(request) == ""));
}

}  // namespace

BOOST_AUTO_TEST_CASE(garbage_is_refused_and_the_model_is_the_one_without_it) {
  const std::vector<garbage> kinds = {
      // A value that is not a number.
      [](scripted_run& run, round_id round) {
        grant(run, run.offer_of(0, round));
        auto made = made_update(run.setup.layout, device_id{0}, round, {});
        fill(made.update, [](std::size_t i) { return i == 4 ? 0.0 / 0.0 * -1.0 : 1.0; });
        auto blocks = run.blocks_of(0, round);
        blocks[0].payload = split_blocks(run.setup.layout, made.update, made.moments)[0];
        send_blocks(run, blocks,
                    "device 0: the update has diverged: weight has a value that is not a number "
                    "within +-1048576; a lower learning rate may help");
      },
      // The shape of another model.
      [](scripted_run& run, round_id round) {
        grant(run, run.offer_of(0, round));
        auto blocks = run.blocks_of(0, round);
        std::swap(blocks[0].payload, blocks[1].payload);
        send_blocks(run, blocks, "device 0: block 0 has 32 bytes; expected 40");
      },
      [](scripted_run& run, round_id round) {
        auto offer = run.offer_of(0, round);
        offer.blocks = 7;
        BOOST_TEST((run.offer(offer) == "device 0 offers 7 blocks; an update has 2"));
      },
      // More samples than it was asked for.
      [](scripted_run& run, round_id round) {
        auto offer = run.offer_of(0, round);
        offer.samples = 1'000'000;
        BOOST_TEST(
            (run.offer(offer) == "device 0 offers an update of 1000000 samples; its work was 4"));
      },
      [](scripted_run& run, round_id round) {
        auto offer = run.offer_of(0, round);
        offer.steps = 4'000'000;
        BOOST_TEST(
            (run.offer(offer) == "device 0 offers an update of 4000000 steps; its work was 2"));
      },
      // An offer for another round.
      [](scripted_run& run, round_id round) {
        BOOST_TEST(!run.offer(run.offer_of(0, round_id{round.value - 1}))->empty());
        BOOST_TEST(!run.offer(run.offer_of(0, round_id{round.value + 1}))->empty());
        BOOST_TEST(!run.send_block(run.blocks_of(0, round_id{77})[0]).refused_because.empty());
      },
      // The same block twice.
      [](scripted_run& run, round_id round) {
        grant(run, run.offer_of(0, round));
        const auto blocks = run.blocks_of(0, round);
        send_blocks(run, {blocks[0], blocks[0]}, "device 0 sent block 0 twice");
      },
      // More bytes than it offered.
      [](scripted_run& run, round_id round) {
        auto offer = run.offer_of(0, round);
        offer.bytes = 39;
        grant(run, offer);
        send_blocks(run, run.blocks_of(0, round), "device 0 sent 40 bytes or more; it offered 39");
      },
      // Damaged frames, and words that are no message at all.
      [](scripted_run& run, round_id round) {
        const auto honest = seal(run.offer_of(0, round)).frame().flatten();
        for (std::size_t i = 0; i < honest.size(); ++i) {
          auto damaged = honest;
          damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
          const auto parsed = frame::parse(damaged);
          if (!parsed) continue;
          const sealed<upload_request> message{*parsed};
          // Some damage is not visible, because the result is an honest offer of some device.
          if (const auto read = unseal(message); read && run.setup.devices > read->device.value)
            continue;
          run.system.ask<sealed<upload_grant>>(run.server, message);
        }
        run.system.ask<sealed<upload_grant>>(run.server, sealed<upload_request>{});
        run.system.ask<sealed<block_ack>>(run.server, sealed<update_block>{});
        caf::anon_send(run.coordinator, sealed<work_failed>{});
        run.system.settle();
      },
      // Failure reports for a round that is not open, of a device that was not asked, and of one
      // that has answered.
      [](scripted_run& run, round_id round) {
        caf::anon_send(run.coordinator,
                       seal(work_failed{round_id{round.value + 5}, device_id{1}, "boo"}));
        caf::anon_send(run.coordinator, seal(work_failed{round, device_id{88}, "boo"}));
        caf::anon_send(run.coordinator, seal(work_failed{round, device_id{1}, "it has answered"}));
        run.system.settle();
      },
  };
  const auto without = end_with([](scripted_run&, round_id) {});
  for (std::size_t i = 0; i < kinds.size(); ++i) BOOST_TEST_CONTEXT("garbage " << i) {
      BOOST_TEST(end_with(kinds[i]) == without);
    }
}

BOOST_AUTO_TEST_SUITE_END()
