#include "runtime/report/figures/mean_curves.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

namespace {

using namespace verge::report;

using curve = std::vector<curve_point>;

}  // namespace

BOOST_AUTO_TEST_SUITE(mean_curves)

BOOST_AUTO_TEST_CASE(at_equal_rounds_every_column_is_averaged_and_the_value_has_a_deviation) {
  const curve one{{1, 0.5, 100, 1000, 0.80, 4.0}, {2, 1.0, 200, 2000, 0.90, 8.0}};
  const curve other{{1, 0.7, 140, 1000, 0.82, 6.0}, {2, 1.2, 240, 2000, 0.86, 8.0}};
  const auto mean = mean_of(std::vector<const curve*>{&one, &other});
  BOOST_REQUIRE_EQUAL(mean.size(), 2u);
  BOOST_TEST(mean[0].round == 1.0);
  BOOST_TEST(mean[0].epoch == 0.6);
  BOOST_TEST(mean[0].bytes_up == 120.0);
  BOOST_TEST(mean[0].bytes_down == 1000.0);
  BOOST_TEST(mean[0].seconds == 5.0);
  BOOST_TEST(mean[0].value == 0.81, boost::test_tools::tolerance(1e-14));
  // The deviation of two values is half their difference times the square root of two.
  BOOST_TEST(mean[0].deviation == 0.01 * std::sqrt(2.0), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(mean[1].deviation == 0.02 * std::sqrt(2.0), boost::test_tools::tolerance(1e-12));
}

// Where the shards of seeds differ in size, their epochs, and so their tests, end in different
// rounds.
BOOST_AUTO_TEST_CASE(where_rounds_differ_the_others_are_taken_between_their_neighbours) {
  const curve one{{2, 1.0, 0, 0, 0.5}, {4, 2.0, 0, 0, 0.7}, {6, 3.0, 0, 0, 0.8}};
  const curve other{{1, 0.5, 0, 0, 0.2}, {5, 2.5, 0, 0, 0.6}};
  const auto mean = mean_of(std::vector<const curve*>{&one, &other});
  // Round 2 is a quarter of the way from 0.2 to 0.6. The other curve has no round 6.
  BOOST_REQUIRE_EQUAL(mean.size(), 2u);
  BOOST_TEST(mean[0].round == 2.0);
  BOOST_TEST(mean[0].value == (0.5 + 0.3) / 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(mean[0].epoch == 1.0);
  BOOST_TEST(mean[1].value == (0.7 + 0.5) / 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(std::isnan(mean[0].seconds));
}

BOOST_AUTO_TEST_CASE(the_mean_of_one_curve_is_the_curve_without_a_band) {
  arm_curves arm;
  arm.arm = "fed@1";
  arm.accuracy = {{1, 1, 10, 20, 0.8, 3.0}};
  const auto mean = mean_of(std::vector<const arm_curves*>{&arm});
  BOOST_TEST(mean.seeds == 1u);
  BOOST_REQUIRE_EQUAL(mean.accuracy.size(), 1u);
  BOOST_TEST(mean.accuracy[0].value == 0.8);
  BOOST_TEST(std::isnan(mean.accuracy[0].deviation));
}

BOOST_AUTO_TEST_SUITE_END()
