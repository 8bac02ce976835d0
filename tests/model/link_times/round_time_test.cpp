#include "verge/model/round_time.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

using namespace verge;

namespace {

constexpr double mbit = 1e6;
constexpr std::uint64_t megabyte = 1'000'000;

double seconds_of(const std::vector<link_load>& devices, const server_link& server = {}) {
  return round_time(devices, server).count();
}

link_load load(double down, double up, std::uint64_t bytes_down, std::uint64_t bytes_up,
               double compute = 0.0, double latency = 0.0) {
  return {down * mbit, up * mbit, virtual_seconds{latency},
          bytes_down,  bytes_up,  virtual_seconds{compute}};
}

/// The same model in small steps of time. In each step every active transfer gets its share.
double seconds_in_small_steps(const std::vector<link_load>& devices, const server_link& server,
                              double step) {
  struct state {
    double down_left, up_left, ready_down, ready_up = -1.0, end = -1.0;
  };
  std::vector<state> all;
  for (const auto& one : devices)
    all.push_back({8.0 * static_cast<double>(one.bytes_down),
                   8.0 * static_cast<double>(one.bytes_up), 3.0 * one.latency.count()});
  // The fair share is the level at which capacity is used up.
  const auto level = [](std::vector<double> limits, double capacity) {
    std::sort(limits.begin(), limits.end());
    for (std::size_t i = 0; i < limits.size(); ++i) {
      const double equal = capacity / static_cast<double>(limits.size() - i);
      if (limits[i] > equal) return equal;
      capacity -= limits[i];
    }
    return no_rate_limit;
  };
  for (double now = 0.0;; now += step) {
    std::vector<double> downs, ups;
    bool over = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto& s = all[i];
      if (s.down_left > 0.0 && s.ready_down <= now) downs.push_back(devices[i].down);
      if (s.down_left <= 0.0 && s.ready_up < 0.0)
        s.ready_up = std::max(now, s.ready_down) + devices[i].compute.count() +
                     3.0 * devices[i].latency.count();
      if (s.ready_up >= 0.0 && s.up_left <= 0.0 && s.end < 0.0) s.end = std::max(now, s.ready_up);
      if (s.ready_up >= 0.0 && s.ready_up <= now && s.up_left > 0.0) ups.push_back(devices[i].up);
      over = over && s.end >= 0.0;
    }
    if (over) break;
    const double down_level = level(downs, server.out), up_level = level(ups, server.in);
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto& s = all[i];
      if (s.down_left > 0.0 && s.ready_down <= now)
        s.down_left -= step * std::min(devices[i].down, down_level);
      else if (s.ready_up >= 0.0 && s.ready_up <= now && s.up_left > 0.0)
        s.up_left -= step * std::min(devices[i].up, up_level);
    }
  }
  double last = 0.0;
  for (const auto& s : all) last = std::max(last, s.end);
  return last;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(round_time_test, *boost::unit_test::tolerance(1e-9))

BOOST_AUTO_TEST_CASE(a_round_of_nobody_takes_no_time) {
  BOOST_TEST(seconds_of({}) == 0.0);
}

// ResNet18 has 44,695,848 bytes of float32. The link is the median fixed line of 2017 (40.11 and
// 19.96 Mbit/s).
BOOST_AUTO_TEST_CASE(one_device_downloads_computes_and_uploads) {
  const std::uint64_t model = 44'695'848;
  BOOST_TEST(seconds_of({load(40.11, 19.96, model, 0)}) == 357'566'784.0 / 40.11e6);
  BOOST_TEST(seconds_of({load(40.11, 19.96, model, model, 2.5)}) ==
             357'566'784.0 / 40.11e6 + 2.5 + 357'566'784.0 / 19.96e6);
}

BOOST_AUTO_TEST_CASE(six_messages_wait_for_each_other) {
  BOOST_TEST(seconds_of({load(8, 8, 0, 0, 0.0, 0.05)}) == 0.3);
  BOOST_TEST(seconds_of({load(8, 8, megabyte, megabyte, 1.0, 0.05)}) == 3.3);
}

BOOST_AUTO_TEST_CASE(the_slowest_device_sets_the_pace) {
  const auto fast = load(80, 80, megabyte, megabyte, 0.1);
  const auto slow_link = load(1, 1, megabyte, megabyte, 0.1);
  const auto slow_processor = load(80, 80, megabyte, megabyte, 30.0);
  BOOST_TEST(seconds_of({fast, slow_link}) == 16.1);
  BOOST_TEST(seconds_of({fast, slow_link, slow_processor}) == 30.2);
}

BOOST_AUTO_TEST_CASE(without_a_limit_nothing_takes_time) {
  BOOST_TEST(seconds_of({{}, {no_rate_limit, no_rate_limit, {}, megabyte, megabyte, {}}}) == 0.0);
}

// Four downloads of 1 MB at 8 Mbit/s would take one second. Over the server's 16 Mbit/s they take
// two. Then the four uploads run at once.
BOOST_AUTO_TEST_CASE(equal_devices_share_the_servers_link_equally) {
  const std::vector<link_load> four(4, load(8, 8, megabyte, megabyte));
  BOOST_TEST(seconds_of(four) == 2.0);
  BOOST_TEST(seconds_of(four, {16 * mbit, no_rate_limit}) == 3.0);
  BOOST_TEST(seconds_of(four, {16 * mbit, 4 * mbit}) == 2.0 + 8.0);
}

// 10 Mbit/s are shared by one device that can take 2 and two that can take 100: they get 2, 4 and
// 4. The fast ones with 1 MB end after 2 s, the slow one with 1 MB after 4 s, the time of its own
// link.
BOOST_AUTO_TEST_CASE(what_a_slow_link_leaves_goes_to_the_others) {
  const auto slow = load(2, 100, megabyte, 0), fast = load(100, 100, megabyte, 0);
  BOOST_TEST(seconds_of({slow, fast, fast}, {10 * mbit, no_rate_limit}) == 4.0);
  const auto large = load(100, 100, 2 * megabyte, 0);
  // 2 s at 4 Mbit/s, then the remaining 8 Mbit at 8 Mbit/s beside the slow one.
  BOOST_TEST(seconds_of({slow, fast, large}, {10 * mbit, no_rate_limit}) == 4.0);
  const auto larger = load(100, 100, 3 * megabyte, 0);
  // 8 Mbit until 2 s, then 16 Mbit at 8 Mbit/s until 4 s, when the slow one ends too.
  BOOST_TEST(seconds_of({slow, fast, larger}, {10 * mbit, no_rate_limit}) == 4.0);
  const auto largest = load(100, 100, 4 * megabyte, 0);
  // 8 Mbit more, alone, at 10 Mbit/s.
  BOOST_TEST(seconds_of({slow, fast, largest}, {10 * mbit, no_rate_limit}) == 4.8);
}

// The second upload starts when half of the first is done. They share the link, and the first ends
// first.
BOOST_AUTO_TEST_CASE(uploads_that_begin_later_share_from_then_on) {
  const auto first = load(100, 8, 0, megabyte), second = load(100, 8, 0, megabyte, 0.5);
  // The first takes 0.5 s alone (4 Mbit) and 1 s shared (4 Mbit), the second 1 s shared (4 Mbit)
  // and 0.5 s alone.
  BOOST_TEST(seconds_of({first, second}, {no_rate_limit, 8 * mbit}) == 2.0);
}

BOOST_AUTO_TEST_CASE(any_round_agrees_with_small_steps_of_time) {
  std::mt19937_64 random{11};
  std::uniform_real_distribution<double> rate{1.0, 20.0}, seconds{0.0, 2.0}, latency{0.0, 0.1};
  std::uniform_int_distribution<std::uint64_t> bytes{0, 3 * megabyte};
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<link_load> devices;
    for (int i = 0; i < 1 + trial % 7; ++i)
      devices.push_back(load(rate(random), rate(random), bytes(random), bytes(random),
                             seconds(random), latency(random)));
    const server_link server{2.0 * rate(random) * mbit, 2.0 * rate(random) * mbit};
    const double exact = seconds_of(devices, server);
    BOOST_TEST(exact == seconds_in_small_steps(devices, server, 1e-4),
               boost::test_tools::tolerance(2e-3));
    // The time beats neither the server's link nor the formula without a server's link.
    double up = 0.0;
    for (const auto& one : devices) up += 8.0 * static_cast<double>(one.bytes_up);
    BOOST_TEST(exact >= up / server.in - 1e-9);
    BOOST_TEST(exact >= seconds_of(devices) - 1e-9);
  }
}

BOOST_AUTO_TEST_SUITE_END()
