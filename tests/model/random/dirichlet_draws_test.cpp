#include "model/random/dirichlet_draws.hpp"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <vector>

using namespace verge;

namespace {

constexpr int draws = 40000;
/// The largest accepted distance of a mean to its expectation, in standard errors. A wrong sampler
/// is hundreds away.
constexpr double far = 5.0;

random_stream stream(std::uint32_t number) {
  return {3, random_purpose::partition, 99, number};
}

struct moments {
  double mean = 0.0;
  double variance = 0.0;
  /// Standard error of the variance, from the fourth moment.
  double variance_error = 0.0;
};

template <class Draw>
moments moments_of(Draw draw) {
  std::vector<double> values(draws);
  std::generate(values.begin(), values.end(), draw);
  moments m;
  m.mean = std::accumulate(values.begin(), values.end(), 0.0) / draws;
  double fourth = 0.0;
  for (const double value : values) {
    const double square = (value - m.mean) * (value - m.mean);
    m.variance += square / draws;
    fourth += square * square / draws;
  }
  m.variance_error = std::sqrt((fourth - m.variance * m.variance) / draws);
  return m;
}

void check(const moments& got, double mean, double variance) {
  BOOST_TEST(std::abs(got.mean - mean) < far * std::sqrt(variance / draws),
             "mean " << got.mean << ", expected " << mean);
  BOOST_TEST(std::abs(got.variance - variance) < far * got.variance_error,
             "variance " << got.variance << ", expected " << variance);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dirichlet_test)

BOOST_AUTO_TEST_CASE(normal_numbers_have_mean_0_and_variance_1) {
  gamma_source source(stream(0));
  check(moments_of([&] { return source.normal(); }), 0.0, 1.0);
}

BOOST_AUTO_TEST_CASE(gamma_numbers_have_their_shape_as_mean_and_variance) {
  for (const double shape : {0.3, 0.99, 1.0, 2.5, 40.0, 1e6}) {
    gamma_source source(stream(1));
    BOOST_TEST_CONTEXT("shape " << shape)
    check(moments_of([&] { return std::exp(source.log_gamma(shape)); }), shape, shape);
  }
}

// At shape 0.001 most numbers are below 1e-300, so only their logarithms can be checked.
BOOST_AUTO_TEST_CASE(logarithms_of_gamma_numbers_have_digamma_as_mean_and_trigamma_as_variance) {
  for (const double shape : {1e-6, 0.001, 0.01, 0.3, 1.0, 7.0}) {
    gamma_source source(stream(2));
    BOOST_TEST_CONTEXT("shape " << shape)
    check(moments_of([&] { return source.log_gamma(shape); }), boost::math::digamma(shape),
          boost::math::trigamma(shape));
  }
}

BOOST_AUTO_TEST_CASE(shares_of_a_symmetric_dirichlet_have_its_mean_and_variance) {
  for (const double alpha : {0.01, 0.5, 1.0, 20.0}) {
    const std::size_t count = 6;
    std::uint32_t number = 0;
    const auto first = [&] {
      gamma_source source(stream(++number));
      return dirichlet(source, alpha, count)[0];
    };
    const double mean = 1.0 / count;
    BOOST_TEST_CONTEXT("alpha " << alpha)
    check(moments_of(first), mean, mean * (1.0 - mean) / (count * alpha + 1.0));
  }
}

BOOST_AUTO_TEST_CASE(shares_of_unequal_concentrations_are_theirs_on_average_and_none_for_0) {
  const std::vector<double> concentrations{0.2, 0.0, 1.8, 1.0};
  for (const std::size_t place : {0, 2, 3}) {
    std::uint32_t number = 0;
    const auto share = [&] {
      gamma_source source(stream(++number));
      const auto logs = log_dirichlet(source, concentrations);
      BOOST_REQUIRE(std::exp(logs[1]) == 0.0);
      return std::exp(logs[place]);
    };
    const double mean = concentrations[place] / 3.0;
    check(moments_of(share), mean, mean * (1.0 - mean) / 4.0);
  }
}

BOOST_AUTO_TEST_CASE(
    the_smallest_concentration_gives_nearly_all_to_one_and_the_largest_the_same_to_all) {
  int lonely = 0;
  for (std::uint32_t number = 0; number < 100; ++number) {
    gamma_source source(stream(number));
    const auto lone = dirichlet(source, 1e-6, 1000);
    lonely += *std::max_element(lone.begin(), lone.end()) > 0.999;
    BOOST_TEST(std::accumulate(lone.begin(), lone.end(), 0.0) == 1.0,
               boost::test_tools::tolerance(1e-12));
    const auto alike = dirichlet(source, 1e6, 1000);
    for (const double share : alike) BOOST_REQUIRE_CLOSE_FRACTION(share, 0.001, 0.01);
  }
  BOOST_TEST(lonely >= 95);
}

BOOST_AUTO_TEST_CASE(a_source_says_the_same_again) {
  gamma_source one(stream(7)), same(stream(7)), other(stream(8));
  const auto shares = dirichlet(one, 0.5, 10);
  BOOST_TEST((dirichlet(same, 0.5, 10) == shares));
  BOOST_TEST((dirichlet(other, 0.5, 10) != shares));
}

BOOST_AUTO_TEST_SUITE_END()
