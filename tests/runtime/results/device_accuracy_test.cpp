// What a test of the model tells about labels and devices.

#include "runtime/results/device_accuracy.hpp"

#include <boost/test/unit_test.hpp>

using namespace verge;

namespace {

/// Device 0 has only label 0, device 1 three samples of label 0 and one of label 1, device 2 only
/// label 2, and device 3 has no samples.
partition_table four_devices() {
  partition_table table;
  table.devices = 4;
  table.rows = {{5, 0, 0}, {3, 1, 0}, {0, 0, 2}, {0, 0, 0}};
  return table;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_accuracy_test)

BOOST_AUTO_TEST_CASE(a_device_is_as_accurate_as_its_labels_are_frequent) {
  const auto devices = accuracy_by_device(four_devices(), {0.5, 1.0, 0.25});
  BOOST_TEST((devices == accuracy_list{0.5, 0.625, 0.25, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(labels_without_a_test_sample_say_nothing) {
  const auto devices = accuracy_by_device(four_devices(), {std::nullopt, 1.0, std::nullopt});
  BOOST_TEST((devices == accuracy_list{std::nullopt, 1.0, std::nullopt, std::nullopt}));
  BOOST_TEST((accuracy_by_device(four_devices(), {}) == accuracy_list(4)));
}

BOOST_AUTO_TEST_CASE(a_spread_is_of_those_that_are_there) {
  BOOST_TEST((spread_of({0.5, std::nullopt, 0.25, 0.75}) == accuracy_spread{0.25, 0.5, 0.75}));
  BOOST_TEST((spread_of({0.5, 0.25}) == accuracy_spread{0.25, 0.5, 0.5}));
  BOOST_TEST(!spread_of({std::nullopt}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
