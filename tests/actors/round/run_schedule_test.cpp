// Rounds have the learning rates that the schedule says, whatever the strategy, the length, the
// sizes of the shards, the cohort, missing updates, and ends of the process in between.

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <optional>
#include <random>
#include <utility>

#include "actors/round/round_state.hpp"

using namespace verge;

namespace {

/// One configuration of a run, drawn from a seed.
struct drawn_run {
  explicit drawn_run(std::uint32_t seed) : random(seed) {
    policy.seed = seed;
    policy.devices = 1 + below(8);
    policy.members_return = true;
    policy.most_abandoned = 1000;
    policy.cohort = below(policy.devices + 1);
    if (policy.cohort > 0 && flip()) policy.over_selection = 1.5;
    if (flip()) policy.min_devices = 1 + below(policy.devices);
    const bool uneven = flip();
    for (std::uint32_t i = 0; i < policy.devices; ++i)
      shards.push_back(uneven ? 1 + below(500) : 100);
    draw_work();
    if (flip())
      policy.rounds = 1 + below(40);
    else
      policy.epochs = 0.1 + below(40) / 10.0;
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); }
  bool flip() { return below(2) == 1; }

  void draw_work() {
    constexpr std::array kinds{schedule_kind::constant, schedule_kind::cosine, schedule_kind::step};
    learning_rate_schedule schedule{.base = 0.4, .kind = kinds[below(3)]};
    schedule.step_epochs = 0.5 + below(3);
    schedule.step_factor = 0.5;
    // Often there is no warm-up. Otherwise it lasts from a small part of the run to more than all
    // of it.
    if (flip()) schedule.warmup_epochs = (1 + below(60)) / 10.0;
    const std::uint32_t batch = 1 + below(30);
    const auto what = below(3);
    policy.plan = what == 0   ? large_batch(batch, schedule).plan
                  : what == 1 ? federated(batch, 1 + below(5), 0, schedule).plan
                              : federated(batch, 0, 1 + below(2), schedule).plan;
  }

  round_policy policy;
  std::vector<std::uint64_t> shards;
  std::mt19937 random;
};

/// The expected rounds, computed from the definitions in the units of docs/experiment_file.md.
struct expected_run {
  expected_run(const drawn_run& run, std::uint32_t members) : schedule(run.policy.plan.schedule) {
    double samples = 0;
    for (std::uint32_t i = 0; i < members; ++i) samples += static_cast<double>(run.shards[i]);
    const auto& work = run.policy.plan.work;
    const double asked = run.policy.cohort == 0 ? members : std::min(run.policy.cohort, members);
    span = work.local_epochs > 0 ? work.local_epochs * asked / members
                                 : work.local_steps * work.batch_size * asked / samples;
    rounds = run.policy.epochs == 0.0
                 ? run.policy.rounds
                 : std::max(1u, static_cast<std::uint32_t>(std::round(run.policy.epochs / span)));
  }

  /// The epoch at which the round begins.
  double epoch(std::uint32_t round) const { return (round - 1) * span; }
  bool in_warm_up(std::uint32_t round) const {
    return epoch(round) < schedule.warmup_epochs - 1e-9;
  }
  double rate(std::uint32_t round) const {
    if (in_warm_up(round))
      return schedule.base * std::min(1.0, (epoch(round) + span) / schedule.warmup_epochs);
    const double gone = epoch(round) - schedule.warmup_epochs;
    const double whole = rounds * span - schedule.warmup_epochs;
    if (schedule.kind == schedule_kind::cosine)
      return schedule.base / 2 * (1 + std::cos(std::numbers::pi * gone / whole));
    if (schedule.kind == schedule_kind::step)
      return schedule.base * std::pow(0.5, std::floor(gone / schedule.step_epochs + 1e-9));
    return schedule.base;
  }

  learning_rate_schedule schedule;
  double span = 0;
  std::uint32_t rounds = 0;
};

/// Plays all rounds and notes the rate of each.
class played_run {
public:
  explicit played_run(drawn_run& run) : run_(run), state_(run.policy) {
    first_members = run.policy.min_devices > 0 ? run.policy.min_devices : run.policy.devices;
    for (std::uint32_t i = 0; i < first_members; ++i)
      follow(state_.joined(device_id{i}, run.shards[i]));
    while (!finished_) {
      BOOST_REQUIRE(opened_.has_value());
      play();
    }
  }

  std::uint32_t first_members = 0;
  std::vector<double> rates;
  std::string failure;

private:
  void follow(const round_commands& commands) {
    for (const auto& one : commands) {
      if (const auto* open = std::get_if<command::open>(&one)) {
        opened_ = *open;
        rates.push_back(open->work.learning_rate);
      }
      if (const auto* fail = std::get_if<command::fail>(&one)) failure = fail->reason;
      finished_ |= std::holds_alternative<command::finish>(one) || !failure.empty();
      if (std::holds_alternative<command::commit>(one)) committing_ = true;
      if (std::holds_alternative<command::abandon>(one)) abandoning_ = true;
    }
  }

  void play() {
    const auto open = *std::exchange(opened_, std::nullopt);
    // One more device joins after the length has been fixed.
    if (members_() < run_.policy.devices && run_.flip()) {
      follow(state_.joined(device_id{members_()}, run_.shards[members_()]));
      ++joined_later_;
    }
    const bool misses = run_.below(8) == 0;
    std::vector<counted_update> updates;
    for (const auto& asked : open.cohort) {
      if (committing_ || abandoning_) break;
      if (misses) {
        follow(state_.work_failed(open.round, asked.device, "no"));
      } else {
        updates.push_back({asked.device, asked.samples, 1.0});
        follow(state_.update_counted(open.round, asked.device));
      }
    }
    follow(std::exchange(abandoning_, false) ? state_.abandoned(open.round)
                                             : state_.committed(open.round, updates));
    committing_ = false;
    if (run_.below(6) == 0) end_process();
    follow(state_.proceed());
    // The members of a resumed run come back.
    for (std::uint32_t i = 0; i < members_() && !opened_ && !finished_; ++i)
      follow(state_.joined(device_id{i}, run_.shards[i]));
  }

  std::uint32_t members_() const { return first_members + joined_later_; }

  void end_process() {
    const auto before = state_.so_far();
    state_ = round_state{run_.policy};
    state_.resume(before);
  }

  drawn_run& run_;
  round_state state_;
  std::optional<command::open> opened_;
  std::uint32_t joined_later_ = 0;
  bool committing_ = false;
  bool abandoning_ = false;
  bool finished_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_schedule_test, *boost::unit_test::tolerance(1e-9))

BOOST_AUTO_TEST_CASE(every_round_has_the_rate_that_the_schedule_says) {
  std::uint32_t with_warm_up = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    drawn_run drawn{seed};
    const played_run played{drawn};
    const expected_run expected{drawn, played.first_members};
    BOOST_TEST_INFO_SCOPE("seed " << seed);
    BOOST_REQUIRE(played.failure == "");
    BOOST_REQUIRE(played.rates.size() == expected.rounds);
    for (std::uint32_t round = 1; round <= expected.rounds; ++round) {
      BOOST_TEST_INFO_SCOPE("round " << round);
      BOOST_TEST(played.rates[round - 1] == expected.rate(round));
      BOOST_TEST((played.rates[round - 1] > 0.0));
      BOOST_TEST(played.rates[round - 1] <= 0.4 * (1 + 1e-9));
      // The highest rate is learning_rate, and the warm-up leads to it.
      if (!expected.in_warm_up(round) || expected.in_warm_up(round + 1)) continue;
      BOOST_TEST(played.rates[round - 1] == 0.4);
      ++with_warm_up;
    }
  }
  BOOST_TEST(with_warm_up > 100u);
}

BOOST_AUTO_TEST_CASE(a_servers_own_data_are_no_part_of_a_run_of_other_peoples) {
  // With two devices of 100 samples and batches of 10, an epoch is ten rounds, whatever data the
  // server holds.
  round_policy policy;
  policy.devices = 2;
  policy.rounds = 20;
  policy.plan = large_batch(10, {.base = 0.4, .kind = schedule_kind::cosine}).plan;
  drawn_run run{0};
  run.policy = policy;
  run.shards = {100, 100};
  run.random.seed(1);
  run.policy.members_return = true;
  run.policy.most_abandoned = 1000;
  const auto by_rounds = played_run{run}.rates;
  BOOST_TEST(by_rounds.size() == 20u);
  BOOST_TEST(by_rounds[0] == 0.4);
  BOOST_TEST(by_rounds[10] == 0.2);
  BOOST_TEST(by_rounds[19] == 0.2 * (1 - std::cos(std::numbers::pi / 20)));
  run.policy.epochs = 1.0;
  BOOST_TEST(played_run{run}.rates.size() == 10u);
}

BOOST_AUTO_TEST_SUITE_END()
