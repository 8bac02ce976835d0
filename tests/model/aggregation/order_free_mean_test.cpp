#include "model/aggregation/order_free_mean.hpp"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "verge/model/flat_buffer.hpp"

using namespace verge;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double most = order_free_mean::largest_value;

struct run {
  std::vector<double> values;
  std::uint64_t weight = 1;
};

shared_bytes bytes_of_run(scalar type, const std::vector<double>& values) {
  flat_buffer buffer{type, values.size()};
  with_scalar(type, [&](auto zero) {
    using T = decltype(zero);
    std::transform(values.begin(), values.end(), buffer.as<T>().begin(),
                   [](double x) { return static_cast<T>(x); });
  });
  return {buffer.memory(), {buffer.data(), buffer.size_bytes()}};
}

std::vector<std::byte> mean_of(order_free_mean& mean, scalar type, const std::vector<run>& runs,
                               std::uint64_t most_weight) {
  mean.begin(most_weight, runs.size());
  for (const auto& one : runs) mean.add(bytes_of_run(type, one.values), one.weight);
  std::vector<std::byte> out(mean.elements() * bytes_of(type));
  mean.write(out);
  return out;
}

std::vector<std::byte> mean_of(scalar type, const std::vector<run>& runs,
                               std::uint64_t most_weight) {
  order_free_mean mean{type, runs.at(0).values.size()};
  return mean_of(mean, type, runs, most_weight);
}

double value_at(scalar type, const std::vector<std::byte>& values, std::size_t i) {
  return with_scalar(type, [&](auto zero) {
    std::memcpy(&zero, values.data() + i * sizeof zero, sizeof zero);
    return static_cast<double>(zero);
  });
}

/// Values of all magnitudes that training has, of both signs.
std::vector<run> random_runs(std::mt19937_64& random, std::size_t count, std::size_t elements) {
  std::uniform_real_distribution<double> digits{-1.0, 1.0};
  std::uniform_int_distribution<int> exponent{-40, 10};
  std::uniform_int_distribution<std::uint64_t> weight{1, 1000};
  std::vector<run> runs(count);
  for (auto& one : runs) {
    one.weight = weight(random);
    for (std::size_t i = 0; i < elements; ++i)
      one.values.push_back(std::ldexp(digits(random), exponent(random)));
  }
  return runs;
}

std::uint64_t weight_of(const std::vector<run>& runs) {
  return std::accumulate(runs.begin(), runs.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const run& one) { return sum + one.weight; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(order_free_mean_test)

BOOST_AUTO_TEST_CASE(any_order_of_the_runs_gives_the_same_bits) {
  std::mt19937_64 random{1};
  for (const auto type : {scalar::float32, scalar::float64})
    for (const std::size_t count : {2u, 3u, 17u}) {
      auto runs = random_runs(random, count, 101);
      const auto expected = mean_of(type, runs, weight_of(runs));
      for (int trial = 0; trial < 20; ++trial) {
        std::shuffle(runs.begin(), runs.end(), random);
        BOOST_TEST((mean_of(type, runs, weight_of(runs)) == expected));
      }
    }
}

BOOST_AUTO_TEST_CASE(the_mean_is_within_its_bound_of_one_in_long_double) {
  std::mt19937_64 random{2};
  for (const auto type : {scalar::float32, scalar::float64})
    for (const std::size_t count : {2u, 5u, 100u}) {
      const auto runs = random_runs(random, count, 50);
      const auto weight = weight_of(runs);
      const auto mean = mean_of(type, runs, weight);
      for (std::size_t i = 0; i < 50; ++i) {
        long double sum = 0.0L;
        long double largest = 0.0L;
        for (const auto& one : runs) {
          const long double x =
              type == scalar::float32 ? static_cast<float>(one.values[i]) : one.values[i];
          sum += x * static_cast<long double>(one.weight);
          largest = std::max(largest, std::fabs(x));
        }
        const long double expected = sum / static_cast<long double>(weight);
        const long double rounding =
            type == scalar::float32 ? std::fabs(expected) * 0x1p-24L : largest * 0x1p-52L;
        BOOST_TEST(std::fabs(value_at(type, mean, i) - expected) <=
                   0x1p-42L * static_cast<long double>(count) + rounding);
      }
    }
}

// The loops replace the processor's conversions by operations of their own, to vectorise.
BOOST_AUTO_TEST_CASE(the_sum_is_that_of_llrint_to_the_bit) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> digits{-1.0, 1.0};
  std::uniform_int_distribution<int> exponent{-50, 20};
  for (const auto type : {scalar::float32, scalar::float64})
    for (const std::uint64_t weight : {1u, 3u, 4096u}) {
      run one{{}, weight}, other{{}, 2 * weight};
      for (int i = 0; i < 20'000; ++i) {
        one.values.push_back(std::ldexp(digits(random), exponent(random)));
        other.values.push_back(std::ldexp(digits(random), exponent(random)));
        // Half steps, which round to the even neighbour.
        if (i % 10 == 0) one.values.back() = std::ldexp(static_cast<double>(i - 10'000), -42);
      }
      one.values.insert(one.values.end(), {most, -most, 0.0, -0.0});
      other.values.insert(other.values.end(), {most, -most, -0.0, 0.0});
      const double scale = 0x1p42 / static_cast<double>(std::bit_ceil(3 * weight));
      const auto mean = mean_of(type, {one, other}, 3 * weight);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < one.values.size(); ++i) {
        std::int64_t sum = 0;
        for (const auto& each : {one, other}) {
          const double x =
              type == scalar::float32 ? static_cast<float>(each.values[i]) : each.values[i];
          sum += std::llrint(x * (scale * static_cast<double>(each.weight)));
        }
        const double expected =
            static_cast<double>(sum) * (1.0 / (scale * static_cast<double>(3 * weight)));
        wrong += value_at(type, mean, i) !=
                 (type == scalar::float32 ? static_cast<float>(expected) : expected);
      }
      BOOST_TEST(wrong == 0u);
    }
}

BOOST_AUTO_TEST_CASE(weights_count_as_repetitions) {
  const std::vector<run> weighted{{{1.0, -3.0}, 3}, {{5.0, 0.5}, 1}};
  const std::vector<run> repeated{{{1.0, -3.0}}, {{5.0, 0.5}}, {{1.0, -3.0}}, {{1.0, -3.0}}};
  BOOST_TEST((mean_of(scalar::float64, weighted, 4) == mean_of(scalar::float64, repeated, 4)));
  BOOST_TEST(value_at(scalar::float64, mean_of(scalar::float64, weighted, 4), 0) == 2.0);
}

BOOST_AUTO_TEST_CASE(runs_that_did_not_come_do_not_count) {
  const std::vector<run> runs{{{1.0}, 3}, {{5.0}, 1}};
  BOOST_TEST(value_at(scalar::float64, mean_of(scalar::float64, runs, 1000), 0) == 2.0);
}

BOOST_AUTO_TEST_CASE(the_mean_of_one_run_is_that_run_to_the_bit) {
  const auto is_kept = [](scalar type, const std::vector<double>& values) {
    const auto bytes = bytes_of_run(type, values);
    order_free_mean mean{type, values.size()};
    mean.begin(1000, 1);
    mean.add(bytes, 7);
    std::vector<std::byte> out(bytes.size());
    mean.write(out);
    return std::memcmp(out.data(), bytes.data(), out.size()) == 0;
  };
  using single = std::numeric_limits<float>;
  using twice = std::numeric_limits<double>;
  BOOST_TEST(is_kept(scalar::float32, {-0.0, 0.0, single::denorm_min(), -single::min(), 1e-30,
                                       1.0 / 3.0, most, -most}));
  BOOST_TEST(is_kept(scalar::float64, {-0.0, 0.0, twice::denorm_min(), -twice::min(), 1e-300,
                                       1.0 / 3.0, most, -most}));
}

BOOST_AUTO_TEST_CASE(the_largest_values_with_all_of_the_weight_do_not_overflow) {
  for (const auto type : {scalar::float32, scalar::float64})
    for (const std::uint64_t weight : {1u, 1023u, 1025u, 50'021u}) {
      const std::vector<run> runs(1000, {{most, -most}, weight});
      const auto mean = mean_of(type, runs, weight_of(runs));
      // The only error is their rounding in double.
      BOOST_TEST(std::abs(value_at(type, mean, 0) - most) <= most * 0x1p-52);
      BOOST_TEST(std::abs(value_at(type, mean, 1) + most) <= most * 0x1p-52);
    }
  // Where the largest weight is a power of two, there is no slack at all.
  const std::vector<run> runs(1024, {{most, -most}, 1u << 20});
  const auto mean = mean_of(scalar::float32, runs, 1u << 30);
  BOOST_TEST(value_at(scalar::float32, mean, 0) == most);
  BOOST_TEST(value_at(scalar::float32, mean, 1) == -most);
}

BOOST_AUTO_TEST_CASE(a_new_beginning_forgets_what_was_added) {
  std::mt19937_64 random{3};
  order_free_mean reused{scalar::float32, 33};
  for (const std::size_t count : {5u, 1u, 2u, 1u, 3u}) {
    const auto runs = random_runs(random, count, 33);
    const auto weight = weight_of(runs);
    BOOST_TEST(
        (mean_of(reused, scalar::float32, runs, weight) == mean_of(scalar::float32, runs, weight)));
    BOOST_TEST(reused.weight() == weight);
  }
  reused.begin(1, 1);
  BOOST_TEST(reused.weight() == 0u);
}

BOOST_AUTO_TEST_CASE(no_run_is_held_but_one_alone_until_a_new_beginning) {
  order_free_mean mean{scalar::float64, 4};
  const auto watch_added = [&] {
    const auto bytes = bytes_of_run(scalar::float64, {1.0, 2.0, 3.0, 4.0});
    mean.add(bytes, 1);
    return std::weak_ptr<const void>{bytes.owner()};
  };
  mean.begin(2, 2);
  BOOST_TEST(watch_added().expired());
  mean.begin(1, 1);
  const auto alone = watch_added();
  BOOST_TEST(!alone.expired());
  BOOST_CHECK_THROW(watch_added(), std::logic_error);
  mean.begin(1, 1);
  BOOST_TEST(alone.expired());
}

BOOST_AUTO_TEST_CASE(one_run_of_several_that_were_expected_is_within_the_bound) {
  const std::vector<run> runs{{{1.0 / 3.0, -0.1}, 7}};
  order_free_mean mean{scalar::float64, 2};
  mean.begin(1000, 3);
  mean.add(bytes_of_run(scalar::float64, runs[0].values), 7);
  std::vector<std::byte> out(2 * sizeof(double));
  mean.write(out);
  for (std::size_t i = 0; i < 2; ++i)
    BOOST_TEST(std::fabs(value_at(scalar::float64, out, i) - runs[0].values[i]) <=
               0x1p-42 * (1024.0 / (2 * 7)));
}

// -- first_unusable -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_value_up_to_the_largest_is_usable) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const auto bytes = bytes_of_run(type, {0.0, -0.0, most, -most, 1e-300, 1e-40, -1.5});
    BOOST_TEST(first_unusable(type, bytes.bytes()) == 7u);
    BOOST_TEST(first_unusable(type, {}) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_first_unusable_value_is_found_at_every_position) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const double beyond = type == scalar::float32 ? std::nextafter(static_cast<float>(most), 2e6f)
                                                  : std::nextafter(most, infinite);
    // The search goes in stretches of 4096. The lengths end before, at and behind the end of one.
    for (const std::size_t length : {1u, 7u, 33u, 4095u, 4096u, 4097u, 9001u}) {
      std::vector<std::size_t> positions{0, length / 2, length - 1};
      if (length < 50) {
        positions.resize(length);
        std::iota(positions.begin(), positions.end(), 0u);
      }
      if (length > 4096) positions.insert(positions.end(), {4095, 4096});
      for (const double bad : {not_a_number, -not_a_number, infinite, -infinite, beyond, -beyond})
        for (const auto position : positions) {
          std::vector<double> values(length, most);
          values[position] = bad;
          values.back() = position + 1 < length ? not_a_number : values.back();
          BOOST_TEST(first_unusable(type, bytes_of_run(type, values).bytes()) == position);
        }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
