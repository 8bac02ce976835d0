#include "model/aggregation/moment_pool.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "model/layout/model_blocks.hpp"

using namespace verge;

namespace {

/// Two norm layers with parameters between them, so that offsets matter.
manifest layout_of(scalar type) {
  manifest layout{type};
  layout.add("first.weight", {4}, tensor_role::parameter);
  layout.add("first.running_mean", {2}, tensor_role::running_mean);
  layout.add("first.running_var", {2}, tensor_role::running_variance);
  layout.add("first.num_batches_tracked", {}, tensor_role::batch_counter);
  layout.add("second.running_mean", {1}, tensor_role::running_mean);
  layout.add("second.running_var", {1}, tensor_role::running_variance);
  return layout;
}

/// Channel c's mean is at mean_place[c] of the statistics, its variance at variance_place[c].
constexpr std::size_t channels = 3;
constexpr std::size_t mean_place[channels] = {0, 1, 4};
constexpr std::size_t variance_place[channels] = {2, 3, 5};

struct moments {
  double mean[channels];
  double variance[channels];
};

model_state state_of(const manifest& layout, const moments& values) {
  model_state state{flat_buffer{layout.type(), layout.parameter_count()},
                    flat_buffer{layout.type(), layout.statistic_count()}, 0};
  with_scalar(layout.type(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t c = 0; c < channels; ++c) {
      state.statistics.as<T>()[mean_place[c]] = static_cast<T>(values.mean[c]);
      state.statistics.as<T>()[variance_place[c]] = static_cast<T>(values.variance[c]);
    }
  });
  return state;
}

moments read(const model_state& state) {
  moments out{};
  with_scalar(state.statistics.type(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t c = 0; c < channels; ++c) {
      out.mean[c] = state.statistics.as<T>()[mean_place[c]];
      out.variance[c] = state.statistics.as<T>()[variance_place[c]];
    }
  });
  return out;
}

/// The statistics blocks of an update with these moments.
std::vector<shared_bytes> blocks_of(const manifest& layout, const moments& values) {
  const auto state = state_of(layout, values);
  auto blocks =
      split_blocks(layout, flat_buffer{layout.type(), layout.parameter_count()}, state.statistics);
  blocks.erase(blocks.begin());  // drops the parameters' block
  return blocks;
}

/// Computed directly: mean and (population) variance of samples, one list per channel.
moments moments_of(const std::vector<std::vector<double>>& samples) {
  moments out{};
  for (std::size_t c = 0; c < channels; ++c) {
    for (const auto x : samples[c]) out.mean[c] += x / static_cast<double>(samples[c].size());
    for (const auto x : samples[c])
      out.variance[c] +=
          (x - out.mean[c]) * (x - out.mean[c]) / static_cast<double>(samples[c].size());
  }
  return out;
}

std::vector<std::vector<double>> draw(std::mt19937_64& random, double mean, std::size_t count) {
  std::normal_distribution<double> normal{mean, 1.5};
  std::vector<std::vector<double>> samples(channels);
  for (auto& channel : samples)
    for (std::size_t i = 0; i < count; ++i) channel.push_back(normal(random));
  return samples;
}

std::vector<std::vector<double>> joined(std::vector<std::vector<double>> a,
                                        const std::vector<std::vector<double>>& b) {
  for (std::size_t c = 0; c < channels; ++c) a[c].insert(a[c].end(), b[c].begin(), b[c].end());
  return a;
}

void check_moved(const moments& got, const moments& start, const moments& target, double keep) {
  for (std::size_t c = 0; c < channels; ++c) {
    BOOST_TEST(got.mean[c] == keep * start.mean[c] + (1.0 - keep) * target.mean[c]);
    BOOST_TEST(got.variance[c] == keep * start.variance[c] + (1.0 - keep) * target.variance[c]);
  }
}

constexpr moments fresh{{0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}};

}  // namespace

BOOST_AUTO_TEST_SUITE(moment_pool_test, *boost::unit_test::tolerance(1e-9))

BOOST_AUTO_TEST_CASE(two_devices_moments_are_pooled_to_those_of_the_union_of_their_data) {
  std::mt19937_64 random{1};
  const auto layout = layout_of(scalar::float64);
  const auto one = draw(random, 0.3, 40);
  const auto other = draw(random, -0.8, 60);
  moment_pool pool{layout};
  pool.begin(100, 2);
  BOOST_TEST(pool.add(blocks_of(layout, moments_of(one)), 40, 1));
  BOOST_TEST(pool.add(blocks_of(layout, moments_of(other)), 60, 1));
  auto state = state_of(layout, fresh);
  pool.apply(state);
  check_moved(read(state), fresh, moments_of(joined(one, other)), 0.9);
}

BOOST_AUTO_TEST_CASE(devices_of_one_class_each_keep_the_spread_between_them) {
  const auto layout = layout_of(scalar::float64);
  // Each device's own variance is tiny. That of the union is (10 / 2)^2 = 25 and a little.
  const moments low{{-5.0, -5.0, -5.0}, {0.01, 0.01, 0.01}};
  const moments high{{5.0, 5.0, 5.0}, {0.01, 0.01, 0.01}};
  moment_pool pool{layout};
  pool.begin(2, 2);
  BOOST_TEST(pool.add(blocks_of(layout, low), 1, 1));
  BOOST_TEST(pool.add(blocks_of(layout, high), 1, 1));
  auto state = state_of(layout, {});
  pool.apply(state);
  for (const auto variance : read(state).variance) BOOST_TEST(variance == 0.1 * 25.01);
}

BOOST_AUTO_TEST_CASE(one_device_moves_the_statistics_by_its_own_moments) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const auto layout = layout_of(type);
    const moments mine{{0.5, -0.25, 2.0}, {1.5, 0.125, 4.0}};
    moment_pool pool{layout};
    pool.begin(8, 1);
    BOOST_TEST(pool.add(blocks_of(layout, mine), 8, 3));
    const moments start{{1.0, 2.0, -1.0}, {0.5, 3.0, 1.0}};
    auto state = state_of(layout, start);
    pool.apply(state);
    const double keep = 0.9 * 0.9 * 0.9;
    const auto is_near = [&](double got, double before, double target) {
      const double precision = type == scalar::float32 ? 1e-6 : 1e-12;
      return std::abs(got - (keep * before + (1.0 - keep) * target)) < precision;
    };
    const auto got = read(state);
    for (std::size_t c = 0; c < channels; ++c) {
      BOOST_TEST(is_near(got.mean[c], start.mean[c], mine.mean[c]));
      BOOST_TEST(is_near(got.variance[c], start.variance[c], mine.variance[c]));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_batch_counter_grows_by_the_steps_of_the_longest_device) {
  const auto layout = layout_of(scalar::float32);
  moment_pool pool{layout};
  pool.begin(3, 3);
  for (const std::uint32_t steps : {2u, 7u, 5u})
    BOOST_TEST(pool.add(blocks_of(layout, fresh), 1, steps));
  auto state = state_of(layout, fresh);
  state.batches_tracked = 100;
  pool.apply(state);
  BOOST_TEST(state.batches_tracked == 107);
  pool.begin(1, 1);
  pool.apply(state);
  BOOST_TEST(state.batches_tracked == 107);
}

BOOST_AUTO_TEST_CASE(the_order_of_the_devices_does_not_matter_to_the_bit) {
  std::mt19937_64 random{2};
  const auto layout = layout_of(scalar::float64);
  std::vector<moments> all;
  for (int i = 0; i < 7; ++i) all.push_back(moments_of(draw(random, i - 3.0, 10)));
  const auto pooled = [&] {
    moment_pool pool{layout};
    pool.begin(70, 7);
    for (const auto& one : all) BOOST_TEST(pool.add(blocks_of(layout, one), 10, 1));
    auto state = state_of(layout, fresh);
    pool.apply(state);
    return model_sha256(layout, state);
  };
  const auto expected = pooled();
  for (int trial = 0; trial < 10; ++trial) {
    std::shuffle(all.begin(), all.end(), random);
    BOOST_TEST(pooled() == expected);
  }
}

BOOST_AUTO_TEST_CASE(impossible_moments_are_refused_and_leave_no_trace) {
  const auto layout = layout_of(scalar::float64);
  const moments honest{{0.5, 1.0, 2.0}, {1.0, 2.0, 3.0}};
  const auto after = [&](const std::vector<moments>& refused) {
    moment_pool pool{layout};
    pool.begin(20, 2);
    BOOST_TEST(pool.add(blocks_of(layout, honest), 10, 2));
    for (const auto& one : refused) BOOST_TEST(!pool.add(blocks_of(layout, one), 10, 9));
    auto state = state_of(layout, fresh);
    pool.apply(state);
    return std::pair{model_sha256(layout, state), state.batches_tracked};
  };
  const auto most = order_free_mean::largest_value;
  const auto disturbed = after({{{0.0, 0.0, 0.0}, {1.0, 1.0, -1e-9}},
                                {{0.0, 0.0, 0.0}, {1.0, most * 1.01, 1.0}},
                                {{0.0, 1025.0, 0.0}, {1.0, 1.0, 1.0}}});
  BOOST_TEST((disturbed == after({})));
}

BOOST_AUTO_TEST_CASE(measured_batches_are_pooled_to_the_moments_of_their_union) {
  std::mt19937_64 random{3};
  const auto layout = layout_of(scalar::float64);
  const auto one = draw(random, 2.0, 30);
  const auto other = draw(random, -1.0, 70);
  moment_pool pool{layout};
  pool.begin(100, 2);
  BOOST_TEST(pool.add(state_of(layout, moments_of(one)).statistics, 30));
  BOOST_TEST(pool.add(state_of(layout, moments_of(other)).statistics, 70));
  for (const double bad : {std::nan(""), HUGE_VAL, -1.0})
    BOOST_TEST(!pool.add(state_of(layout, {{0.0, 0.0, 0.0}, {1.0, bad, 1.0}}).statistics, 1));
  const auto whole = moments_of(joined(one, other));
  check_moved(read({{}, pool.pooled(), 0}), fresh, whole, 0.0);
}

BOOST_AUTO_TEST_CASE(a_devices_own_statistics_move_as_a_layer_would_move_them) {
  const auto layout = layout_of(scalar::float64);
  const moments mine{{0.5, -0.25, 2.0}, {1.5, 0.125, 4.0}};
  auto state = state_of(layout, fresh);
  move_towards(state.statistics, state_of(layout, mine).statistics, 3);
  check_moved(read(state), fresh, mine, 0.9 * 0.9 * 0.9);
}

BOOST_AUTO_TEST_CASE(a_layout_without_statistics_only_counts_batches) {
  manifest layout{scalar::float32};
  layout.add("weight", {3}, tensor_role::parameter);
  moment_pool pool{layout};
  pool.begin(4, 1);
  BOOST_TEST(pool.add({}, 4, 2));
  model_state state{flat_buffer{scalar::float32, 3}, {}, 1};
  pool.apply(state);
  BOOST_TEST(state.batches_tracked == 3);
}

BOOST_AUTO_TEST_SUITE_END()
