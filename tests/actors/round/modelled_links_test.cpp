// Runs on links that are only modelled. Server, coordinator and devices are real, the trainers are
// made up.

#include "actors/round/modelled_links.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <set>
#include <utility>

#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr double rate = 64e3;  // bits per second
constexpr double latency = 0.125;
constexpr double per_sample = 0.5;

std::shared_ptr<const modelled_links> links_with(const link_profile& profile,
                                                 const server_link& server = {}) {
  return std::make_shared<const modelled_links>(
      modelled_links{device_links{1, profile}, server, virtual_seconds{per_sample}});
}

link_profile slow_link() {
  return {rate, rate / 2, virtual_seconds{latency}, 2.0, 0.0};
}

/// Bytes of the outcome of one device in a committed round.
double outcome_bytes() {
  return static_cast<double>(
      seal(round_outcome{round_id{2}, update_fate::used, {}, model_version{2}}).encoded_size());
}

/// Modelled time of round 2, in which nobody joins.
double second_round(const scripted_run& run) {
  BOOST_REQUIRE(run.record->rounds.size() >= 2u);
  return (*run.record->rounds[1].virtual_time - *run.record->rounds[0].virtual_time).count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(modelled_links_test, *boost::unit_test::tolerance(1e-9))

BOOST_AUTO_TEST_CASE(without_links_no_time_is_modelled) {
  scripted_run run{{}};
  run.spawn_devices();
  run.system.settle();
  BOOST_REQUIRE(run.record->rounds.size() == 2u);
  BOOST_TEST(!run.record->rounds[1].virtual_time.has_value());
}

// The expected time is computed by hand from the bytes of the ledger, which are those of real
// messages. The time of a round does not include the outcome.
BOOST_AUTO_TEST_CASE(a_round_takes_as_long_as_its_bytes_and_samples_do) {
  scripted_run run{{.devices = 1, .layout = four_block_layout(), .links = links_with(slow_link())}};
  run.spawn_devices();
  run.system.settle();
  const auto& line = run.record->rounds.at(1);
  const double down = static_cast<double>(line.bytes_down) - outcome_bytes();
  const double up = static_cast<double>(line.bytes_up);
  BOOST_TEST(second_round(run) ==
             6 * latency + 8 * down / rate + 2.0 * per_sample * 4 + 8 * up / (rate / 2));
}

BOOST_AUTO_TEST_CASE(the_device_with_most_samples_sets_the_pace_of_equal_links) {
  scripted_run run{{.layout = four_block_layout(), .links = links_with(slow_link())}};
  run.spawn_devices();
  run.system.settle();
  const auto& line = run.record->rounds.at(1);
  const double down = static_cast<double>(line.bytes_down) / 3 - outcome_bytes();
  const double up = static_cast<double>(line.bytes_up) / 3;
  BOOST_TEST(second_round(run) ==
             6 * latency + 8 * down / rate + 2.0 * per_sample * 8 + 8 * up / (rate / 2));
}

BOOST_AUTO_TEST_CASE(devices_share_the_servers_link) {
  const auto second_of = [](const server_link& server) {
    scripted_run run{{.layout = four_block_layout(), .links = links_with({rate, rate}, server)}};
    run.spawn_devices();
    run.system.settle();
    return std::pair{second_round(run), run.record->rounds.at(1)};
  };
  const auto [alone, line] = second_of({});
  const auto [shared, same] = second_of({rate, no_rate_limit});
  BOOST_TEST(line.bytes_down == same.bytes_down);
  // Three downloads one after the other take as long as three at a third of the rate.
  const double down = 8 * (static_cast<double>(line.bytes_down) / 3 - outcome_bytes()) / rate;
  BOOST_TEST(shared == alone + 2 * down);
}

// The late messages come while the next round is open, in which the device is asked again.
BOOST_AUTO_TEST_CASE(what_comes_late_is_no_load_of_the_next_round) {
  const auto second_round_of = [](bool with_late_messages) {
    const auto links = std::make_shared<const modelled_links>(
        modelled_links{device_links{1, {rate, rate}}, {}, std::nullopt});
    scripted_run run{{.devices = 2, .rounds = 2, .quorum = 0.5, .links = links}};
    const auto first = run.join_as(0), second = run.join_as(1);
    run.system.settle();
    const auto send_update = [&](std::uint32_t device, round_id round) {
      auto offer = run.offer_of(device, round);
      offer.compute = std::chrono::seconds{3};
      BOOST_REQUIRE((run.offer(offer) == std::string{}));
      for (const auto& block : run.blocks_of(device, round)) run.send_block(block);
      run.system.settle();
    };
    send_update(0, round_id{1});
    run.system.advance(run.setup.deadline);
    BOOST_REQUIRE_EQUAL(second->orders.size(), 2u);
    if (with_late_messages) {
      auto late = run.offer_of(1, round_id{1});
      late.compute = std::chrono::hours{1};
      BOOST_TEST((run.offer(late) != std::string{}));
      BOOST_TEST(run.send_block(run.blocks_of(1, round_id{1})[0]).refused_because != "");
    }
    send_update(1, round_id{2});
    send_update(0, round_id{2});
    return second_round(run);
  };
  BOOST_TEST(second_round_of(true) == second_round_of(false));
  BOOST_TEST(second_round_of(false) > 3.0);
}

BOOST_AUTO_TEST_CASE(who_drops_out_is_lost_and_does_not_train) {
  auto unsteady = slow_link();
  unsteady.dropout = 0.4;
  const auto links = links_with(unsteady);
  scripted_run run{
      {.devices = 8, .rounds = 30, .quorum = 0.1, .most_abandoned = 5, .links = links}};
  run.spawn_devices();
  run.system.settle();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure == "");
  BOOST_REQUIRE(run.record->rounds.size() == 30u);
  std::uint32_t lost_in_all = 0;
  for (const auto& line : run.record->rounds) {
    std::uint32_t lost = 0;
    for (std::uint32_t i = 0; i < 8; ++i)
      lost += links->devices.drops_out(line.round, device_id{i});
    BOOST_TEST(line.lost == lost);
    BOOST_TEST(line.used == 8 - lost);
    lost_in_all += lost;
  }
  BOOST_TEST(lost_in_all > 0u);
  for (const auto& task : run.script->trained)
    BOOST_TEST(!links->devices.drops_out(task.round, task.data->device()));
}

BOOST_AUTO_TEST_CASE(a_round_of_which_all_drop_out_is_abandoned) {
  auto gone = slow_link();
  gone.dropout = 1.0 - 1e-12;
  scripted_run run{{.rounds = 30, .quorum = 0.5, .most_abandoned = 3, .links = links_with(gone)}};
  run.spawn_devices();
  run.system.settle();
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(
      run.record->ends[0].failure ==
      "round 4 missed its quorum: 0 of 3 answered, 2 are wanted; 3 devices failed, for example: "
      "device 0 "
      "has dropped out, as its link's model says; 4 rounds in a row have missed their quorum");
  BOOST_TEST(run.record->rounds.size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
