#include "model/link_times/device_links.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "verge/messages/errors.hpp"

using namespace verge;

namespace {

const link_profile median{40e6, 20e6, virtual_seconds{0.02}, 2.0, 0.0};

}  // namespace

BOOST_AUTO_TEST_SUITE(device_links_test)

BOOST_AUTO_TEST_CASE(without_a_spread_all_have_the_profile) {
  const device_links links{1, median};
  for (const std::uint32_t i : {0u, 7u, 1'000'000u}) BOOST_TEST((links.of(device_id{i}) == median));
}

BOOST_AUTO_TEST_CASE(a_trace_begins_again_behind_its_last_row) {
  auto other = median;
  other.up = 1e6;
  const device_links links{1, {median, other, median}};
  BOOST_TEST((links.of(device_id{1}) == other));
  BOOST_TEST((links.of(device_id{3}) == median));
  BOOST_TEST((links.of(device_id{4}) == other));
}

BOOST_AUTO_TEST_CASE(rates_scatter_around_the_median_as_the_spread_says) {
  const device_links links{5, median, {0.5, 0.25}};
  constexpr std::uint32_t count = 20'000;
  double sum = 0.0, squares = 0.0, compute_squares = 0.0, product = 0.0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto one = links.of(device_id{i});
    const double rate = std::log(one.down / median.down);
    const double compute = std::log(one.compute / median.compute);
    BOOST_TEST_REQUIRE(std::fabs(one.up / median.up - one.down / median.down) <= 1e-12 * one.down);
    BOOST_TEST_REQUIRE((one.latency == median.latency));
    sum += rate;
    squares += rate * rate;
    compute_squares += compute * compute;
    product += rate * compute;
  }
  // The bounds are four standard errors.
  BOOST_TEST(std::fabs(sum / count) <= 4 * 0.5 / std::sqrt(count));
  BOOST_TEST(std::fabs(squares / count - 0.25) <= 4 * 0.25 * std::sqrt(2.0 / count));
  BOOST_TEST(std::fabs(compute_squares / count - 0.0625) <= 4 * 0.0625 * std::sqrt(2.0 / count));
  BOOST_TEST(std::fabs(product / count) <= 4 * 0.5 * 0.25 / std::sqrt(count));
}

BOOST_AUTO_TEST_CASE(a_devices_link_is_a_function_of_seed_and_device) {
  const device_links one{5, median, {0.5, 0.0}}, same{5, median, {0.5, 0.0}},
      other{6, median, {0.5, 0.0}};
  for (const std::uint32_t i : {3u, 0u, 17u}) {
    BOOST_TEST((one.of(device_id{i}) == same.of(device_id{i})));
    BOOST_TEST((one.of(device_id{i}) != other.of(device_id{i})));
  }
}

BOOST_AUTO_TEST_CASE(devices_drop_out_as_often_as_they_are_said_to) {
  auto unsteady = median;
  unsteady.dropout = 0.2;
  const device_links links{5, {median, unsteady}};
  BOOST_TEST(links.any_drops_out());
  BOOST_TEST(!device_links(5, median).any_drops_out());
  int steady_drops = 0, drops = 0;
  std::vector<int> by_device(50), by_round(200);
  for (std::uint32_t device = 0; device < 50; ++device)
    for (std::uint32_t round = 1; round <= 200; ++round) {
      steady_drops += links.drops_out(round_id{round}, device_id{2 * device});
      const bool drop = links.drops_out(round_id{round}, device_id{2 * device + 1});
      drops += drop;
      by_device[device] += drop;
      by_round[round - 1] += drop;
    }
  BOOST_TEST(steady_drops == 0);
  // The bounds are five standard deviations of 10,000 draws in total, 200 per device and 50 per
  // round.
  BOOST_TEST(std::abs(drops - 2000) <= 5 * 40);
  for (const int one : by_device) BOOST_TEST(std::abs(one - 40) <= 5 * 6);
  for (const int one : by_round) BOOST_TEST(std::abs(one - 10) <= 5 * 3);
}

BOOST_AUTO_TEST_CASE(a_trace_without_a_row_is_refused) {
  BOOST_CHECK_THROW(device_links(1, std::vector<link_profile>{}), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
