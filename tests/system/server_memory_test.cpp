// Property 2 of the design: the server's memory does not grow with the cohort, with any codec, and
// also over links. Each size runs in a process of its own, because a process's peak includes what
// ran in it before. A sanitizer keeps memory of its own, so under one only runs without a codec are
// tested.

#include <boost/test/unit_test.hpp>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "support/child_process.hpp"

using namespace verge::test;

namespace {

constexpr double model_megabytes = 44.7;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in{text};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// Peak memory in MB, which bench_round prints last, for these rounds with this number of devices.
double peak_megabytes(int devices, int rounds, const std::string& up, const std::string& down,
                      const std::string& network) {
  // bench_round begins with one more round, which is not timed.
  child_process bench{{VERGE_BENCH_ROUND, "--network", network, "--devices",
                       std::to_string(devices), "--rounds", std::to_string(rounds - 1),
                       "--codec-up", up, "--codec-down", down}};
  BOOST_REQUIRE_EQUAL(bench.wait(), 0);
  return std::stod(words_of(bench.output()).back());
}

/// The same with devices in processes of their own. bench_nodes prints it second to last.
double peak_over_links(int devices) {
  child_process bench{
      {VERGE_BENCH_NODES, "--only-verge", "--devices", std::to_string(devices), "--rounds", "3"}};
  BOOST_REQUIRE_EQUAL(bench.wait(), 0);
  const auto words = words_of(bench.output());
  return std::stod(words.at(words.size() - 2));
}

/// The run with few devices has more rounds, so that both runs have the same number of updates. A
/// peak is the worst of all moments, and with codecs the number of updates that are encoded,
/// decoded or added at one moment is random (measured: 8 % from run to run). So more updates alone
/// would make a higher peak. `kept`: number of models that each device keeps for the codec (its
/// residual), here in the same process.
void check_flat(const std::string& up, const std::string& down, int few, int many, double kept,
                double most = 1.15, const std::string& network = "resnet18") {
  const int rounds = 2;
  const double at_few =
      peak_megabytes(few, rounds * many / few, up, down, network) - few * kept * model_megabytes;
  const double at_many =
      peak_megabytes(many, rounds, up, down, network) - many * kept * model_megabytes;
  BOOST_TEST_MESSAGE(up << " up, " << down << " down: " << few << " devices " << at_few << " MB, "
                        << many << " devices " << at_many << " MB");
  BOOST_TEST(at_many <= most * at_few, up << " up, " << down << " down");
  BOOST_TEST(at_many >= 100.0);  // model and sums take twice that, so it was really measured
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_peak_for_96_devices_is_that_for_8_within_ten_percent) {
  check_flat("none", "model", 8, 96, 0.0, 1.1);
}

BOOST_AUTO_TEST_CASE(nor_is_that_for_1000_devices_of_a_smaller_network_higher_than_that_for_10,
                     *boost::unit_test::enable_if<!is_sanitized>()) {
  // Measured: up to 1.14 times, including the device actors. 990 updates of one byte per four
  // parameters would be 400 MB.
  for (const std::string up : {"none", "int8", "int4", "ternary"})
    check_flat(up, "stc(0.01)", 10, 1000, 0.0, 1.3, "small_cnn");
}

BOOST_AUTO_TEST_CASE(nor_does_it_grow_with_codecs_that_keep_nothing_for_a_device,
                     *boost::unit_test::enable_if<!is_sanitized>()) {
  check_flat("int8", "stc(0.01)", 32, 192, 0.0);
  for (const std::string up : {"int4", "ternary", "zstd"}) check_flat(up, "int8", 8, 32, 0.0);
}

BOOST_AUTO_TEST_CASE(nor_with_residuals_but_for_the_devices_own,
                     *boost::unit_test::enable_if<!is_sanitized>()) {
  // Half a model of it is the encoded update, which is kept until its outcome is known.
  for (const std::string up : {"fp16", "bf16"}) check_flat(up, "topk(0.01)", 8, 24, 1.5);
  for (const std::string up :
       {"sign", "topk(0.01)", "topk(0.05)+int8+zstd", "randk(0.01)", "stc(0.01)", "powersgd(2)"})
    check_flat(up, "topk(0.01)", 8, 24, 1.0);
  check_flat("dgc(0.01)", "powersgd(2)", 8, 24, 2.0);
}

BOOST_AUTO_TEST_CASE(over_links_it_is_a_few_models_however_many_devices_there_are,
                     *boost::unit_test::enable_if<!is_sanitized>()) {
  const double at_few = peak_over_links(2), at_many = peak_over_links(32);
  BOOST_TEST_MESSAGE("over links: 2 devices " << at_few << " MB, 32 devices " << at_many << " MB");
  // Measured: 4.8 to 5.0 models, and 5.4 to 5.5, which is 1.08 to 1.14 times as much. On a busy
  // machine freed memory is returned later, and it was up to 5.8 models.
  BOOST_TEST(at_many < 6 * model_megabytes);
  BOOST_TEST(at_many <= 1.25 * at_few);
  BOOST_TEST(at_few >= 100.0);
}
