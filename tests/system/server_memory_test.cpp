// Property 2 of the design: the server's memory does not grow with the cohort. Each size runs in a process
// of its own, because a process's peak also tells what ran in it before.

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "support/child_process.hpp"

using namespace verge::test;

namespace {

/// Peak memory in MB that bench_round prints last for a round of ResNet18 with this many devices.
double peak_megabytes(const std::string& devices) {
  child_process bench{{VERGE_BENCH_ROUND, "--devices", devices, "--rounds", "2"}};
  BOOST_REQUIRE_EQUAL(bench.wait(), 0);
  std::istringstream words{bench.output()};
  std::string last;
  for (std::string word; words >> word;) last = word;
  return std::stod(last);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_peak_for_96_devices_is_that_for_8_within_ten_percent) {
  const double few = peak_megabytes("8");
  const double many = peak_megabytes("96");
  BOOST_TEST_MESSAGE("peak for 8 devices " << few << " MB, for 96 devices " << many << " MB");
  BOOST_TEST(many <= 1.1 * few);
  BOOST_TEST(many >= 100.0);  // the model is 44.7 MB, and the sums twice that: so it was measured
}
