#include "runtime/results/statistics.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

namespace {

using namespace verge;

}  // namespace

BOOST_AUTO_TEST_SUITE(statistics)

// The values are those of Python's statistics.mean and statistics.stdev, which compute with
// fractions.
BOOST_AUTO_TEST_CASE(mean_and_deviation_are_those_of_an_exact_oracle) {
  struct oracle {
    std::vector<double> values;
    double mean, deviation;
  };
  for (const auto& [values, mean, deviation] : std::vector<oracle>{
           {{2, 4, 4, 4, 5, 5, 7, 9}, 5, 2.138089935299395},
           {{0.8850, 0.8838, 0.8861}, 0.8849666666666667, 0.0011503622617824775},
           {{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, 1000000010.0, 5.477225575051661},
           {{-1, 1}, 0, 1.4142135623730951}}) {
    const auto found = statistics_of(values);
    BOOST_REQUIRE(found && found->deviation);
    BOOST_TEST(found->mean == mean, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(*found->deviation == deviation, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(equal_values_have_no_deviation_at_all) {
  const auto found = statistics_of({0.1, 0.1, 0.1});
  BOOST_TEST(found->mean == 0.1);
  BOOST_TEST(found->deviation.value() == 0.0);
}

BOOST_AUTO_TEST_CASE(one_value_says_nothing_about_the_deviation) {
  const auto found = statistics_of({0.7});
  BOOST_TEST(found->mean == 0.7);
  BOOST_TEST(!found->deviation.has_value());
  BOOST_TEST(!statistics_of({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_range_is_from_the_least_to_the_most) {
  BOOST_CHECK((range_of({9, 12, 10}) == value_range{9, 12}));
  BOOST_CHECK((range_of({9}) == value_range{9, 9}));
  BOOST_TEST(!range_of({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
