// The file is long because it has one case for every way in which a round can go, on one state
// machine.

#include "actors/round/round_state.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <optional>
#include <random>
#include <set>

using namespace verge;

namespace {

round_policy policy_of(std::uint32_t devices, std::uint32_t rounds = 3, double quorum = 1.0,
                       std::uint32_t cohort = 0) {
  round_policy policy;
  policy.seed = 7;
  policy.devices = devices;
  policy.rounds = rounds;
  policy.cohort = cohort;
  policy.quorum = quorum;
  policy.plan = federated(2, 0, 1, {.base = 0.5}).plan;
  return policy;
}

/// The same with members that may come back.
round_policy returning(std::uint32_t devices, std::uint32_t rounds = 3, double quorum = 1.0,
                       std::uint32_t cohort = 0) {
  auto policy = policy_of(devices, rounds, quorum, cohort);
  policy.members_return = true;
  return policy;
}

/// Device d holds 10 (d + 1) samples.
std::uint64_t shard(std::uint32_t device) {
  return 10 * (device + 1);
}

/// Returns the only command if it is a Command, else nullopt.
template <class Command>
std::optional<Command> only(const round_commands& commands) {
  if (commands.size() != 1) return std::nullopt;
  const auto* found = std::get_if<Command>(&commands[0]);
  return found ? std::optional<Command>{*found} : std::nullopt;
}

/// Lets devices 0 .. count - 1 join and returns the commands of the last join.
round_commands join_all(round_state& state, std::uint32_t count) {
  round_commands last;
  for (std::uint32_t i = 0; i < count; ++i) last = state.joined(device_id{i}, shard(i));
  return last;
}

std::vector<std::uint32_t> numbers_of(const command::open& open) {
  std::vector<std::uint32_t> numbers;
  for (const auto& asked : open.cohort) numbers.push_back(asked.device.value);
  return numbers;
}

/// Counts the update of every device and commits the round.
command::close whole_round(round_state& state, const command::open& open) {
  round_commands last;
  std::vector<counted_update> updates;
  for (const auto& asked : open.cohort) {
    last = state.update_counted(open.round, asked.device);
    updates.push_back({asked.device, asked.samples, 1.0});
  }
  BOOST_TEST(only<command::commit>(last).has_value());
  const auto close = only<command::close>(state.committed(open.round, updates));
  BOOST_REQUIRE(close.has_value());
  return *close;
}

std::string failure_of(const round_commands& commands) {
  const auto fail = only<command::fail>(commands);
  return fail ? fail->reason : "(no failure)";
}

join join_of(std::uint32_t device) {
  join request;
  request.device = device_id{device};
  request.samples = 1;
  return request;
}

constexpr round_id first{1};

}  // namespace

BOOST_AUTO_TEST_SUITE(round_state_test, *boost::unit_test::tolerance(1e-12))

// -- membership -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_first_round_opens_when_all_have_joined) {
  round_state state{policy_of(3)};
  BOOST_TEST(state.joined(device_id{2}, shard(2)).empty());
  BOOST_TEST(state.joined(device_id{0}, shard(0)).empty());
  const auto open = only<command::open>(state.joined(device_id{1}, shard(1)));
  BOOST_REQUIRE(open.has_value());
  BOOST_TEST(open->round.value == 1u);
  BOOST_TEST((numbers_of(*open) == std::vector<std::uint32_t>{0, 1, 2}));
  BOOST_TEST(open->work.learning_rate == 0.5);
}

BOOST_AUTO_TEST_CASE(a_device_is_asked_for_what_its_shard_and_the_work_come_to) {
  auto policy = policy_of(2);
  policy.plan = federated(4, 0, 3, {}).plan;
  round_state by_epochs{policy};
  const auto asked = only<command::open>(join_all(by_epochs, 2))->cohort;
  BOOST_TEST(asked[0].samples == 30u);
  BOOST_TEST(asked[1].samples == 60u);
  BOOST_TEST(asked[0].weight == 30u);
  BOOST_TEST(asked[1].weight == 60u);
  BOOST_TEST(asked[0].steps == 9u);  // three epochs of 4 + 4 + 2 samples
  BOOST_TEST(asked[1].steps == 15u);

  policy.plan = large_batch(32, {}).plan;
  round_state by_steps{policy};
  const auto asked_by_steps = only<command::open>(join_all(by_steps, 2))->cohort;
  for (const auto& one : asked_by_steps) {
    BOOST_TEST(one.samples == 32u);
    BOOST_TEST(one.steps == 1u);
  }
}

BOOST_AUTO_TEST_CASE(with_equal_weights_every_device_counts_once) {
  auto policy = policy_of(3);
  policy.equal_weights = true;
  round_state state{policy};
  const auto cohort = only<command::open>(join_all(state, 3))->cohort;
  for (const auto& asked : cohort) {
    BOOST_TEST(asked.weight == 1u);
    BOOST_TEST(asked.samples == shard(asked.device.value));
  }
}

BOOST_AUTO_TEST_CASE(who_cannot_be_a_member_is_told_why) {
  round_state state{policy_of(2, 1)};
  BOOST_TEST(state.why_not(join_of(1)) == "");
  auto stranger = join_of(0);
  stranger.protocol = 99;
  BOOST_TEST(state.why_not(stranger) == "device 0 speaks protocol 99; this run speaks 3");
  BOOST_TEST(state.why_not(join_of(2)) == "device 2 joins a run of 2 devices, numbered from 0");
  auto giant = join_of(1);
  giant.samples = (std::uint64_t{1} << 32) + 1;
  BOOST_TEST(state.why_not(giant) ==
             "device 1 holds 4294967297 samples; at most 4294967296 are taken");
  auto tireless = policy_of(2, 1);
  tireless.plan.work.local_epochs = 1'000'000;
  giant.samples = 1'000'000'000;
  BOOST_TEST(
      round_state{tireless}.why_not(giant) ==
      "device 1 holds 1000000000 samples; 1000000 local epochs of so many are too much to count");
  const auto open = only<command::open>(join_all(state, 2));
  BOOST_TEST(state.why_not(join_of(1)) == "device 1 is a member already");
  whole_round(state, *open);
  state.left(device_id{1}, "gone");
  BOOST_TEST(state.why_not(join_of(1)) == "");
  state.proceed();
  BOOST_TEST(state.why_not(join_of(1)) == "the run has ended");
}

BOOST_AUTO_TEST_CASE(a_shard_that_leaves_too_small_a_batch_is_no_members) {
  auto policy = policy_of(2);
  policy.plan.work.batch_size = 10;
  policy.least_batch = 2;
  policy.why_least_batch = "of one value there is no variance";
  const round_state state{policy};
  auto request = join_of(1);
  for (const std::uint64_t samples : {2, 9, 10, 12, 20, 22}) {
    request.samples = samples;
    BOOST_TEST(state.why_not(request) == "");
  }
  for (const std::uint64_t samples : {1, 11, 21}) {
    request.samples = samples;
    BOOST_TEST(state.why_not(request) ==
               "device 1 holds " + std::to_string(samples) +
                   " samples, and with batches of 10 the last of each epoch has 1: of one value "
                   "there is no variance; expected other sizes of shard or batch, norm = \"group\" "
                   "or larger pictures");
  }
  // Steps always take whole batches from the endless order.
  policy.plan.work.local_epochs = 0;
  policy.plan.work.local_steps = 3;
  BOOST_TEST(round_state{policy}.why_not(request) == "");
}

BOOST_AUTO_TEST_CASE(a_member_that_left_is_not_asked_until_it_joins_again) {
  round_state state{policy_of(3, 4)};
  auto open = only<command::open>(join_all(state, 3));
  whole_round(state, *open);
  BOOST_TEST(state.left(device_id{1}, "gone").empty());
  BOOST_TEST(state.left(device_id{1}, "gone").empty());
  BOOST_TEST(state.left(device_id{77}, "never there").empty());
  open = only<command::open>(state.proceed());
  BOOST_TEST((numbers_of(*open) == std::vector<std::uint32_t>{0, 2}));
  whole_round(state, *open);
  BOOST_TEST(state.joined(device_id{1}, shard(1)).empty());
  open = only<command::open>(state.proceed());
  BOOST_TEST((numbers_of(*open) == std::vector<std::uint32_t>{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(a_device_that_leaves_in_the_open_round_is_lost_and_does_not_hold_it_up) {
  round_state state{policy_of(3, 2, 0.5)};
  join_all(state, 3);
  state.update_counted(first, device_id{0});
  state.update_counted(first, device_id{1});
  BOOST_TEST(only<command::commit>(state.left(device_id{2}, "its connection broke")).has_value());
  const auto close = only<command::close>(
      state.committed(first, {{device_id{0}, 10, 1.0}, {device_id{1}, 20, 1.0}}));
  BOOST_TEST((close->outcomes[2].fate == update_fate::lost));
  BOOST_TEST(close->outcomes[2].reason == "its connection broke");
}

BOOST_AUTO_TEST_CASE(without_a_member_the_next_round_fails_the_run) {
  round_state state{policy_of(1, 3)};
  whole_round(state, *only<command::open>(join_all(state, 1)));
  state.left(device_id{0}, "gone");
  BOOST_TEST(failure_of(state.proceed()) == "round 2: no device is left");
}

// -- cohort ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_cohort_is_drawn_without_replacement_by_seed_and_round_only) {
  const auto cohorts_of = [](std::uint64_t seed) {
    auto policy = policy_of(20, 50, 1.0, 6);
    policy.seed = seed;
    round_state state{policy};
    std::vector<std::vector<std::uint32_t>> cohorts;
    for (auto open = only<command::open>(join_all(state, 20)); open;
         open = only<command::open>(state.proceed())) {
      const auto numbers = numbers_of(*open);
      BOOST_TEST(numbers.size() == 6u);
      BOOST_TEST(std::set(numbers.begin(), numbers.end()).size() == 6u);
      BOOST_TEST(std::is_sorted(numbers.begin(), numbers.end()));
      cohorts.push_back(numbers);
      // The next draw must not depend on which device answers first, or with what.
      if (open->round.value % 2 == seed % 2) {
        whole_round(state, *open);
        continue;
      }
      std::reverse(open->cohort.begin(), open->cohort.end());
      whole_round(state, *open);
    }
    return cohorts;
  };
  const auto cohorts = cohorts_of(1);
  BOOST_TEST(cohorts.size() == 50u);
  BOOST_TEST((cohorts_of(1) == cohorts));
  BOOST_TEST((cohorts_of(2) != cohorts));
  BOOST_TEST((std::set(cohorts.begin(), cohorts.end()).size()) > 45u);
}

BOOST_AUTO_TEST_CASE(over_many_rounds_every_device_is_asked_equally_often) {
  constexpr std::uint32_t devices = 20;
  constexpr std::uint32_t cohort = 5;
  constexpr std::uint32_t rounds = 4000;
  round_state state{policy_of(devices, rounds, 1.0, cohort)};
  std::vector<double> asked(devices, 0.0);
  for (auto open = only<command::open>(join_all(state, devices)); open;
       open = only<command::open>(state.proceed())) {
    for (const auto number : numbers_of(*open)) asked[number] += 1.0;
    whole_round(state, *open);
  }
  const double expected = double{rounds} * cohort / devices;
  double chi_square = 0.0;
  for (const auto n : asked) chi_square += (n - expected) * (n - expected) / expected;
  // Without replacement the variance is (1 - 5/20) of the multinomial one, so this statistic over
  // 0.75 has 19 degrees of freedom; above 43.8 in one of a thousand draws, and below 5.4 likewise.
  const double normalised = chi_square / (1.0 - double{cohort} / devices);
  BOOST_TEST(normalised < 43.8);
  BOOST_TEST(normalised > 5.4);
}

BOOST_AUTO_TEST_CASE(a_cohort_as_large_as_the_membership_is_all_of_it) {
  for (const std::uint32_t cohort : {0u, 3u, 10u}) {
    round_state state{policy_of(3, 1, 1.0, cohort)};
    BOOST_TEST(only<command::open>(join_all(state, 3))->cohort.size() == 3u);
  }
}

// -- barrier --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_barrier_is_when_all_have_answered) {
  round_state state{policy_of(4, 1, 0.25)};
  join_all(state, 4);
  BOOST_TEST(state.update_counted(first, device_id{3}).empty());
  BOOST_TEST(state.update_refused(first, device_id{0}, "bad").empty());
  BOOST_TEST(state.work_failed(first, device_id{1}, "no memory").empty());
  BOOST_TEST(state.awaits(first, device_id{2}));
  const auto commit = only<command::commit>(state.update_counted(first, device_id{2}));
  BOOST_REQUIRE(commit.has_value());
  BOOST_TEST(commit->round.value == 1u);
  BOOST_TEST(!state.awaits(first, device_id{2}));
}

BOOST_AUTO_TEST_CASE(at_the_deadline_the_quorum_is_enough) {
  // With 4 devices, a quorum of 0.75 is exactly 3, and one of 0.51 is rounded up to 3.
  for (const double quorum : {0.75, 0.51}) {
    round_state state{policy_of(4, 1, quorum)};
    join_all(state, 4);
    for (std::uint32_t i = 0; i < 3; ++i)
      BOOST_TEST(state.update_counted(first, device_id{i}).empty());
    BOOST_TEST(only<command::commit>(state.deadline_passed(first)).has_value());

    round_state short_of_it{policy_of(4, 1, quorum)};
    join_all(short_of_it, 4);
    for (std::uint32_t i = 0; i < 2; ++i) short_of_it.update_counted(first, device_id{i});
    BOOST_TEST(only<command::fail>(short_of_it.deadline_passed(first)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_commit_needs_one_update_however_low_the_quorum) {
  round_state state{policy_of(2, 1, 1e-6)};
  join_all(state, 2);
  BOOST_TEST(failure_of(state.deadline_passed(first)) ==
             "round 1 missed its quorum: 0 of 2 answered, 1 is wanted; the deadline has passed");
}

BOOST_AUTO_TEST_CASE(out_of_reach_of_the_quorum_the_run_fails_with_the_numbers_and_a_reason) {
  round_state state{policy_of(3)};
  join_all(state, 3);
  state.update_counted(first, device_id{0});
  state.work_failed(first, device_id{2}, "device 2: no memory");
  BOOST_TEST(failure_of(state.update_refused(first, device_id{1}, "device 1: no number")) ==
             "round 1 missed its quorum: 2 of 3 answered, 1 of them refused, 3 are wanted; "
             "2 devices failed, for example: device 1: no number");
  BOOST_TEST(state.proceed().empty());
  BOOST_TEST(state.stop().empty());
}

BOOST_AUTO_TEST_CASE(late_duplicate_and_foreign_events_change_nothing) {
  round_state state{policy_of(3, 5, 0.5, 2)};
  const auto open = only<command::open>(join_all(state, 3));
  const auto in = open->cohort[0].device;
  const auto other = open->cohort[1].device;
  const device_id outside{3 - in.value - other.value};
  const auto nothing = [&] {
    for (const auto round : {round_id{0}, round_id{2}, round_id{99}})
      for (const auto device : {in, other, outside, device_id{3}, device_id{4'000'000'000}}) {
        BOOST_TEST(state.update_counted(round, device).empty());
        BOOST_TEST(state.update_refused(round, device, "late").empty());
        BOOST_TEST(state.work_failed(round, device, "late").empty());
      }
    BOOST_TEST(state.update_counted(first, outside).empty());
    BOOST_TEST(state.work_failed(first, device_id{4'000'000'000}, "who").empty());
    BOOST_TEST(state.deadline_passed(round_id{2}).empty());
    BOOST_TEST(state.committed(round_id{2}, {}).empty());
    BOOST_TEST(state.proceed().empty());
  };
  nothing();
  BOOST_TEST(state.update_counted(first, in).empty());
  BOOST_TEST(state.update_refused(first, in, "a second word").empty());
  BOOST_TEST(state.update_counted(first, in).empty());
  BOOST_TEST(state.committed(first, {}).empty());
  nothing();
  BOOST_TEST(only<command::commit>(state.update_counted(first, other)).has_value());
  BOOST_TEST(state.deadline_passed(first).empty());
  BOOST_TEST(state.update_counted(first, other).empty());
  nothing();
  const auto close = only<command::close>(
      state.committed(first, {{in, 1, 2.0}, {other, 1, 2.0}, {outside, 1, 50.0}}));
  BOOST_TEST(close->outcomes.size() == 2u);
  BOOST_TEST(close->train_loss == 2.0);
  BOOST_TEST(state.committed(first, {{in, 1, 2.0}}).empty());
  BOOST_TEST(state.deadline_passed(first).empty());
}

// -- closing --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_device_of_the_cohort_learns_what_became_of_its_update) {
  round_state state{policy_of(5, 1, 0.4)};
  join_all(state, 5);
  state.update_counted(first, device_id{0});
  state.update_counted(first, device_id{1});
  state.update_refused(first, device_id{2}, "value 0 is not a number");
  state.work_failed(first, device_id{3}, "no memory");
  BOOST_TEST(only<command::commit>(state.deadline_passed(first)).has_value());
  const auto outcomes = only<command::close>(state.committed(first, {{device_id{1}, 20, 1.0},
                                                                     {device_id{0}, 10, 1.0}}))
                            ->outcomes;
  BOOST_REQUIRE(outcomes.size() == 5u);
  const update_fate fates[] = {update_fate::used, update_fate::used, update_fate::refused,
                               update_fate::lost, update_fate::late};
  const char* reasons[] = {"", "", "value 0 is not a number", "no memory",
                           "the round was closed before the update was complete"};
  for (std::uint32_t i = 0; i < 5; ++i) {
    BOOST_TEST(outcomes[i].device.value == i);
    BOOST_TEST((outcomes[i].fate == fates[i]));
    BOOST_TEST(outcomes[i].reason == reasons[i]);
  }
}

BOOST_AUTO_TEST_CASE(the_servers_list_decides_what_was_used) {
  round_state state{policy_of(3, 1, 0.3)};
  join_all(state, 3);
  state.update_counted(first, device_id{0});
  state.update_counted(first, device_id{2});
  state.deadline_passed(first);
  // Device 1 was complete between the barrier and the commit; device 2 is not in the sum.
  const auto outcomes = only<command::close>(state.committed(first, {{device_id{1}, 20, 1.0},
                                                                     {device_id{0}, 10, 1.0}}))
                            ->outcomes;
  BOOST_TEST((outcomes[0].fate == update_fate::used));
  BOOST_TEST((outcomes[1].fate == update_fate::used));
  BOOST_TEST(outcomes[1].reason == "");
  BOOST_TEST((outcomes[2].fate == update_fate::lost));
  BOOST_TEST(outcomes[2].reason == "the server has not counted the update");
}

BOOST_AUTO_TEST_CASE(the_loss_is_the_weighted_mean_in_any_order_to_the_bit) {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> draw{0.0, 3.0};
  std::vector<counted_update> updates;
  double sum = 0.0;
  double weight = 0.0;
  for (std::uint32_t i = 0; i < 9; ++i) {
    updates.push_back({device_id{i}, shard(i), draw(random)});
    sum += updates.back().loss * static_cast<double>(shard(i));
    weight += static_cast<double>(shard(i));
  }
  std::set<double> losses;
  for (int trial = 0; trial < 30; ++trial) {
    std::shuffle(updates.begin(), updates.end(), random);
    round_state state{policy_of(9, 1)};
    join_all(state, 9);
    for (const auto& update : updates) state.update_counted(first, update.device);
    losses.insert(only<command::close>(state.committed(first, updates))->train_loss);
  }
  BOOST_TEST(losses.size() == 1u);
  BOOST_TEST(*losses.begin() == sum / weight);
}

BOOST_AUTO_TEST_CASE(epochs_count_the_samples_used_over_the_samples_held) {
  round_state state{policy_of(3, 3, 0.1)};  // shards of 10, 20, 30
  auto open = only<command::open>(join_all(state, 3));
  BOOST_TEST(whole_round(state, *open).epoch == 1.0);
  open = only<command::open>(state.proceed());
  state.update_counted(open->round, device_id{1});
  state.deadline_passed(open->round);
  const auto close = only<command::close>(state.committed(open->round, {{device_id{1}, 20, 1.0}}));
  BOOST_TEST(close->epoch == 1.0 + 20.0 / 60.0);
  BOOST_TEST(state.epoch() == close->epoch);
}

BOOST_AUTO_TEST_CASE(who_leaves_for_good_takes_no_data_out_of_the_epoch) {
  auto policy = returning(3, 4);
  round_state state{policy};
  whole_round(state, *only<command::open>(join_all(state, 3)));
  state.left(device_id{2}, "gone");
  const auto open = only<command::open>(state.proceed());
  BOOST_REQUIRE(open);
  // Two devices with 30 of the 60 samples.
  BOOST_TEST(whole_round(state, *open).epoch == 1.5);
  // A server that is killed does not forget this union either.
  round_state resumed{policy};
  resumed.resume(state.so_far());
  resumed.proceed();
  resumed.joined(device_id{0}, shard(0));
  const auto next = only<command::open>(resumed.joined(device_id{1}, shard(1)));
  BOOST_REQUIRE(next);
  BOOST_TEST(whole_round(resumed, *next).epoch == 2.0);
}

BOOST_AUTO_TEST_CASE(the_rate_of_a_round_is_the_schedules_at_the_epochs_so_far) {
  auto policy = policy_of(2, 3);
  policy.plan.schedule = {
      .base = 1.0, .kind = schedule_kind::step, .step_epochs = 1.0, .step_factor = 0.5};
  round_state state{policy};
  double rate = 1.0;
  for (auto open = only<command::open>(join_all(state, 2)); open;
       open = only<command::open>(state.proceed())) {
    BOOST_TEST(open->work.learning_rate == rate);
    rate *= 0.5;
    whole_round(state, *open);
  }
  BOOST_TEST(rate == 0.125);
}

// -- devices that are other processes -------------------------------------------------------------

BOOST_AUTO_TEST_CASE(with_fewer_to_wait_for_the_first_round_opens_without_the_others) {
  auto policy = policy_of(4);
  policy.min_devices = 2;
  round_state state{policy};
  BOOST_TEST(state.joined(device_id{3}, 10).empty());
  const auto open = only<command::open>(state.joined(device_id{1}, 10));
  BOOST_REQUIRE(open.has_value());
  BOOST_TEST((numbers_of(*open) == std::vector<std::uint32_t>{1, 3}));
  // A device that comes later is asked from the next round on.
  BOOST_TEST(state.joined(device_id{0}, 10).empty());
  whole_round(state, *open);
  BOOST_TEST(
      (numbers_of(*only<command::open>(state.proceed())) == std::vector<std::uint32_t>{0, 1, 3}));
}

BOOST_AUTO_TEST_CASE(too_few_members_at_the_deadline_are_told_by_how_many_were_waited_for) {
  auto policy = policy_of(4);
  policy.min_devices = 2;
  round_state state{policy};
  state.joined(device_id{3}, 10);
  const auto fail = only<command::fail>(state.deadline_passed(round_id{}));
  BOOST_REQUIRE(fail.has_value());
  BOOST_TEST(fail->reason == "1 of 2 devices have joined before the deadline");
}

BOOST_AUTO_TEST_CASE(a_member_that_comes_back_without_an_answer_is_asked_again) {
  round_state state{returning(2)};
  const auto open = only<command::open>(join_all(state, 2));
  BOOST_TEST(state.why_not({protocol_version, {}, device_id{1}, shard(1), {}}) == "");
  const auto again = only<command::ask_again>(state.joined(device_id{1}, shard(1)));
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->round.value == 1u);
  BOOST_TEST(again->device.value == 1u);
  state.update_counted(open->round, device_id{1});
  // The device has answered, so it is not asked again.
  BOOST_TEST(state.joined(device_id{1}, shard(1)).empty());
  BOOST_TEST(only<command::commit>(state.update_counted(open->round, device_id{0})).has_value());
}

BOOST_AUTO_TEST_CASE(a_member_is_counted_once_however_often_it_comes_back) {
  round_state state{returning(3)};
  for (int i = 0; i < 5; ++i) BOOST_TEST(state.joined(device_id{0}, shard(0)).empty());
  BOOST_TEST(state.joined(device_id{1}, shard(1)).empty());
  const auto open = only<command::open>(state.joined(device_id{2}, shard(2)));
  BOOST_REQUIRE(open.has_value());
  // The epoch counts each shard only once, too.
  BOOST_TEST(whole_round(state, *open).epoch == 1.0);
}

BOOST_AUTO_TEST_CASE(
    a_round_that_misses_its_quorum_is_abandoned_and_the_next_begins_from_its_epoch) {
  auto policy = policy_of(3, 4, 0.6);
  policy.most_abandoned = 2;
  round_state state{policy};
  auto open = only<command::open>(join_all(state, 3));
  for (std::uint32_t missed = 1; missed <= 2; ++missed) {
    state.update_counted(open->round, device_id{1});
    state.work_failed(open->round, device_id{0}, "device 0: no memory");
    const auto abandon = only<command::abandon>(state.deadline_passed(open->round));
    BOOST_REQUIRE(abandon.has_value());
    BOOST_TEST(abandon->round.value == missed);
    BOOST_TEST(state.committed(open->round, {{device_id{1}, 20, 1.0}}).empty());
    const auto close = only<command::close>(state.abandoned(open->round));
    BOOST_REQUIRE(close.has_value());
    BOOST_TEST(close->epoch == 0.0);
    BOOST_TEST(std::isnan(close->train_loss));
    BOOST_TEST((close->outcomes[0].fate == update_fate::lost));
    BOOST_TEST(close->outcomes[0].reason == "device 0: no memory");
    BOOST_TEST((close->outcomes[1].fate == update_fate::lost));
    BOOST_TEST(
        close->outcomes[1].reason ==
        "the round missed its quorum: 1 of 3 answered, 2 are wanted; the deadline has passed; "
        "device 0: no memory");
    // One of the 3 devices that were asked has answered. The quorum of 0.6 is rounded up to 2.
    BOOST_TEST((close->missed == missed_quorum{3, 1, 0, 2}));
    BOOST_TEST((close->outcomes[2].fate == update_fate::late));
    BOOST_TEST(state.abandoned(open->round).empty());
    open = only<command::open>(state.proceed());
    BOOST_TEST(open->round.value == missed + 1);
  }
  // A committed round resets the count, so two more may miss their quorum.
  whole_round(state, *open);
  open = only<command::open>(state.proceed());
  BOOST_TEST(only<command::abandon>(state.deadline_passed(open->round)).has_value());
}

BOOST_AUTO_TEST_CASE(one_round_too_many_without_a_quorum_ends_the_run) {
  auto policy = policy_of(2, 9);
  policy.most_abandoned = 1;
  round_state state{policy};
  const auto first = only<command::open>(join_all(state, 2));
  BOOST_TEST(only<command::abandon>(state.deadline_passed(first->round)).has_value());
  state.abandoned(first->round);
  const auto second = only<command::open>(state.proceed());
  BOOST_TEST(failure_of(state.deadline_passed(second->round)) ==
             "round 2 missed its quorum: 0 of 2 answered, 2 are wanted; the deadline has passed; 2 "
             "rounds in a row have missed their quorum");
}

BOOST_AUTO_TEST_CASE(with_too_few_members_left_the_next_round_waits_for_them) {
  auto policy = returning(3, 5, 0.3);
  policy.min_devices = 2;
  round_state state{policy};
  const auto open = only<command::open>(join_all(state, 2));
  state.left(device_id{0}, "gone");
  state.update_counted(open->round, device_id{1});
  state.committed(open->round, {{device_id{1}, 20, 1.0}});
  BOOST_TEST(only<command::wait_for_members>(state.proceed()).has_value());
  const auto next = only<command::open>(state.joined(device_id{2}, shard(2)));
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST(next->round.value == 2u);
  BOOST_TEST((numbers_of(*next) == std::vector<std::uint32_t>{1, 2}));
}

BOOST_AUTO_TEST_CASE(members_that_do_not_come_back_end_the_run) {
  round_state state{returning(1, 5)};
  whole_round(state, *only<command::open>(join_all(state, 1)));
  state.left(device_id{0}, "gone");
  BOOST_TEST(only<command::wait_for_members>(state.proceed()).has_value());
  BOOST_TEST(failure_of(state.deadline_passed(state.round())) ==
             "0 of 1 devices have joined before the deadline");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_opens_its_next_round_when_each_member_has_come_back_or_left) {
  auto policy = returning(4, 5, 0.5);
  round_state before{policy};
  auto open = only<command::open>(join_all(before, 4));
  whole_round(before, *open);
  const auto so_far = before.so_far();
  BOOST_TEST(so_far.round.value == 1u);
  BOOST_TEST((so_far.members == std::vector<std::uint64_t>{10, 20, 30, 40}));

  round_state after{policy};
  after.resume(so_far);
  BOOST_REQUIRE(only<command::wait_for_members>(after.proceed()));
  BOOST_TEST(after.joined(device_id{2}, 30).empty());
  BOOST_TEST(after.joined(device_id{0}, 10).empty());
  BOOST_TEST(after.joined(device_id{0}, 10).empty());  // once more
  BOOST_TEST(after.left(device_id{3}, "gone").empty());
  const auto next = only<command::open>(after.left(device_id{1}, "gone"));
  BOOST_REQUIRE(next);
  BOOST_TEST(next->round.value == 2u);
  BOOST_TEST((numbers_of(*next) == std::vector<std::uint32_t>{0, 2}));
  // The rate and the epoch are those of a run that has gone through one round.
  BOOST_TEST(after.epoch() == before.epoch());
}

BOOST_AUTO_TEST_CASE(a_resumed_run_is_the_run_that_was_not_interrupted) {
  auto policy = returning(6, 6, 1.0, 2);
  round_state undisturbed{policy};
  auto open = only<command::open>(join_all(undisturbed, 6));
  for (std::uint32_t round = 1; round < 6; ++round) {
    whole_round(undisturbed, *open);
    round_state resumed{policy};
    resumed.resume(undisturbed.so_far());
    BOOST_REQUIRE(only<command::wait_for_members>(resumed.proceed()));
    const auto there = only<command::open>(join_all(resumed, 6));
    open = only<command::open>(undisturbed.proceed());
    BOOST_REQUIRE(there && open);
    BOOST_TEST((numbers_of(*there) == numbers_of(*open)));
    BOOST_TEST(there->work.learning_rate == open->work.learning_rate);
    BOOST_TEST(there->round.value == open->round.value);
  }
}

BOOST_AUTO_TEST_CASE(members_that_a_resumed_run_waits_for_in_vain_have_left_at_the_deadline) {
  auto policy = returning(3, 5);
  for (const std::uint32_t needed : {1u, 2u}) {
    policy.min_devices = needed;
    round_state state{policy};
    state.resume({round_id{2}, 0.5, 0, {10, 20, 30}});
    state.proceed();
    state.joined(device_id{1}, 20);
    const auto commands = state.deadline_passed(round_id{0});
    if (needed == 1) {
      const auto open = only<command::open>(commands);
      BOOST_REQUIRE(open);
      BOOST_TEST((numbers_of(*open) == std::vector<std::uint32_t>{1}));
    } else {
      const auto failed = only<command::fail>(commands);
      BOOST_REQUIRE(failed);
      BOOST_TEST(failed->reason == "1 of 2 devices have joined before the deadline");
    }
  }
}

BOOST_AUTO_TEST_CASE(resumed_after_the_last_round_a_run_is_finished) {
  round_state state{returning(2, 3)};
  state.resume({round_id{3}, 3.0, 0, {10, 20}});
  BOOST_TEST(bool(only<command::finish>(state.proceed())));
}

BOOST_AUTO_TEST_CASE(with_over_selection_the_round_closes_when_the_cohorts_number_count) {
  auto policy = policy_of(6, 3, 1.0, 2);
  policy.over_selection = 1.5;
  round_state state{policy};
  const auto open = only<command::open>(join_all(state, 6));
  BOOST_REQUIRE(open.has_value());
  BOOST_REQUIRE(open->cohort.size() == 3u);
  BOOST_TEST(state.update_counted(open->round, open->cohort[2].device).empty());
  BOOST_TEST(
      only<command::commit>(state.update_counted(open->round, open->cohort[0].device)).has_value());
  const auto close = only<command::close>(state.committed(
      open->round, {{open->cohort[0].device, 1, 1.0}, {open->cohort[2].device, 1, 1.0}}));
  BOOST_REQUIRE(close.has_value());
  BOOST_TEST((close->outcomes[1].fate == update_fate::late));
}

BOOST_AUTO_TEST_CASE(the_quorum_is_a_share_of_the_cohort_not_of_who_was_asked) {
  auto policy = policy_of(8, 3, 0.5, 4);
  policy.over_selection = 2.0;
  round_state state{policy};
  const auto open = only<command::open>(join_all(state, 8));
  BOOST_REQUIRE(open->cohort.size() == 8u);
  state.update_counted(open->round, open->cohort[0].device);
  state.update_counted(open->round, open->cohort[1].device);
  BOOST_TEST(only<command::commit>(state.deadline_passed(open->round)).has_value());
}

// -- the end --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(after_the_last_round_the_run_is_finished) {
  round_state state{policy_of(2, 2)};
  whole_round(state, *only<command::open>(join_all(state, 2)));
  whole_round(state, *only<command::open>(state.proceed()));
  BOOST_TEST(only<command::finish>(state.proceed()).has_value());
  BOOST_TEST(state.proceed().empty());
}

BOOST_AUTO_TEST_CASE(a_stop_lets_the_open_round_end) {
  round_state state{policy_of(2, 100)};
  const auto open = only<command::open>(join_all(state, 2));
  BOOST_TEST(state.stop().empty());
  whole_round(state, *open);
  BOOST_TEST(only<command::finish>(state.proceed()).has_value());
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_first_round_finishes_at_once) {
  round_state state{policy_of(2)};
  state.joined(device_id{0}, 1);
  BOOST_TEST(only<command::finish>(state.stop()).has_value());
  BOOST_TEST(state.joined(device_id{1}, 1).empty());
}

// -- any order of events --------------------------------------------------------------------------

namespace {

/// Sends random events, valid or not, to a state machine and checks what must hold in any case.
class event_storm {
public:
  explicit event_storm(std::uint64_t seed) : random_(seed), state_(draw_policy()) {}

  void blow(int events) {
    for (int i = 0; i < events && !ended_; ++i) obey(next());
  }

private:
  std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>{0, bound - 1}(random_);
  }

  round_policy draw_policy() {
    auto policy = policy_of(1 + below(5), 1 + below(6), 0.2 * (1 + below(5)), below(4));
    policy.equal_weights = below(2) == 0;
    policy.members_return = members_return_ = below(2) == 0;
    policy.min_devices = below(policy.devices + 1);
    policy.over_selection = 1.0 + below(3);
    policy.most_abandoned = below(4);
    devices_ = policy.devices;
    rounds_ = policy.rounds;
    return policy;
  }

  round_commands next() {
    const device_id device{below(devices_ + 1)};
    const round_id round{state_.round().value + (below(5) == 0 ? below(3) - 1 : 0)};
    switch (below(16)) {
      case 0:
        return state_.left(device, "left");
      case 1:
        return state_.update_refused(round, device, "refused");
      case 2:
        return state_.work_failed(round, device, "failed");
      case 3:
        // No deadline while members are missing, because it would end most sequences before they
        // begin.
        return opened_ > 0 && below(3) == 0 ? state_.deadline_passed(round) : round_commands{};
      case 4:
        return below(40) == 0 ? state_.stop() : round_commands{};
      case 5:
      case 6:
        return commit(round);
      case 7:
        return below(2) == 0 ? state_.abandoned(round) : state_.proceed();
      case 8:
        return state_.proceed();
      case 9:
      case 10:
      case 11: {
        auto request = join_of(device.value);
        return state_.why_not(request).empty() ? state_.joined(device, 1 + below(50))
                                               : round_commands{};
      }
      default:
        if (state_.awaits(round, device)) counted_.insert(device);
        return state_.update_counted(round, device);
    }
  }

  round_commands commit(round_id round) {
    std::vector<counted_update> updates;
    for (const auto device : counted_) updates.push_back({device, 1 + below(50), 0.5});
    std::shuffle(updates.begin(), updates.end(), random_);
    return state_.committed(round, updates);
  }

  void obey(const round_commands& commands) {
    BOOST_REQUIRE(commands.size() <= 1u);
    for (const auto& one : commands) std::visit([this](const auto& c) { check(c); }, one);
  }

  void check(const command::open& open) {
    BOOST_TEST((last_ == "" || last_ == "close"));
    BOOST_TEST(open.round.value == ++opened_);
    BOOST_TEST(opened_ <= rounds_);
    BOOST_TEST(!open.cohort.empty());
    cohort_ = open.cohort.size();
    counted_.clear();
    last_ = "open";
  }
  void check(const command::ask_again& again) {
    BOOST_TEST(members_return_);
    BOOST_TEST(last_ == "open");
    BOOST_TEST(again.round.value == opened_);
    BOOST_TEST(state_.awaits(again.round, again.device));
  }
  void check(const command::abandon& abandon) {
    BOOST_TEST(last_ == "open");
    BOOST_TEST(abandon.round.value == opened_);
    last_ = "abandon";
  }
  void check(const command::wait_for_members&) {
    BOOST_TEST(members_return_);
    BOOST_TEST(last_ == "close");
  }
  void check(const command::commit& commit) {
    BOOST_TEST(last_ == "open");
    BOOST_TEST(commit.round.value == opened_);
    BOOST_TEST(!counted_.empty());
    last_ = "commit";
  }
  void check(const command::close& close) {
    BOOST_TEST((last_ == "commit" || last_ == "abandon"));
    BOOST_TEST(close.round.value == opened_);
    BOOST_TEST(close.outcomes.size() == cohort_);
    if (last_ == "abandon") counted_.clear();
    std::size_t used = 0;
    for (const auto& outcome : close.outcomes) {
      used += outcome.fate == update_fate::used;
      BOOST_TEST(outcome.reason.empty() == (outcome.fate == update_fate::used));
    }
    BOOST_TEST(used == counted_.size());
    BOOST_TEST((last_ == "abandon" ? close.epoch == epoch_ : close.epoch > epoch_));
    epoch_ = close.epoch;
    last_ = "close";
  }
  void check(const command::finish&) {
    BOOST_TEST((last_ == "" || last_ == "close"));
    ended_ = true;
  }
  void check(const command::fail& fail) {
    BOOST_TEST((last_ == "open" || last_ == "close"));
    BOOST_TEST(!fail.reason.empty());
    BOOST_TEST(fail.reason.find('\n') == std::string::npos);
    ended_ = true;
  }

  std::mt19937_64 random_;
  bool members_return_ = false;
  std::uint32_t devices_ = 0;
  std::uint32_t rounds_ = 0;
  round_state state_;
  std::string last_;
  std::uint32_t opened_ = 0;
  std::size_t cohort_ = 0;
  std::set<device_id> counted_;
  double epoch_ = 0.0;
  bool ended_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(in_any_order_of_events_a_round_commits_at_most_once_and_then_closes) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      event_storm{seed}.blow(300);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_round_says_what_all_members_would_weigh_whoever_is_asked) {
  // Shards of 10, 20 and 30.
  const auto all_weight = [](round_policy policy) {
    round_state state{policy};
    return only<command::open>(join_all(state, 3))->all_weight;
  };
  for (const std::uint32_t cohort : {0u, 1u}) {
    auto policy = policy_of(3, 3, 1.0, cohort);
    policy.plan = federated(2, 0, 4, {.base = 0.5}).plan;
    BOOST_TEST(all_weight(policy) == 4u * 60);
    policy.equal_weights = true;
    BOOST_TEST(all_weight(policy) == 3u);
    policy.equal_weights = false;
    policy.plan = federated(2, 5, 0, {.base = 0.5}).plan;
    BOOST_TEST(all_weight(policy) == 3u * 2 * 5);
  }
}

BOOST_AUTO_TEST_SUITE_END()
