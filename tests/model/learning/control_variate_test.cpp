#include "model/learning/control_variate.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace verge;

namespace {

flat_buffer buffer_of(const std::vector<double>& values) {
  flat_buffer buffer{scalar::float64, values.size()};
  std::copy(values.begin(), values.end(), buffer.as<double>().begin());
  return buffer;
}

std::vector<double> values_of(const flat_buffer& buffer) {
  const auto values = buffer.as<double>();
  return {values.begin(), values.end()};
}

local_work work_at(double rate) {
  local_work work;
  work.kind = update_kind::displacement;
  work.learning_rate = rate;
  return work;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control_variate_test)

BOOST_AUTO_TEST_CASE(gradients_are_corrected_by_what_the_server_has_less_what_the_device_has) {
  const auto model = buffer_of({100, 200, 3, 5});
  auto correction = buffer_of({0, 0});
  write_correction(model, {}, correction);
  BOOST_TEST((values_of(correction) == std::vector<double>{3, 5}));
  write_correction(model, buffer_of({1, -1}), correction);
  BOOST_TEST((values_of(correction) == std::vector<double>{2, 6}));
}

BOOST_AUTO_TEST_CASE(the_change_is_that_to_the_mean_gradient_less_the_servers) {
  const auto model = buffer_of({100, 200, 3, 5});
  // Four steps at rate 0.5 with mean gradients 2 and -8, corrected by c - c_k = (3, 5) - (1, 1).
  auto update = buffer_of({-0.5 * 4 * (2 + 2), -0.5 * 4 * (-8 + 4), 0, 0});
  write_control_change(model, work_at(0.5), 4, update);
  // c_k+ = c_k - c + (mean gradient + c - c_k) = the mean gradient.
  BOOST_TEST((values_of(changed_control(buffer_of({1, 1}), update)) == std::vector<double>{2, -8}));
  BOOST_TEST(update.as<double>()[2] == 2.0 - 1.0);
  BOOST_TEST((values_of(changed_control({}, update)) == std::vector<double>{1, -9}));
}

BOOST_AUTO_TEST_CASE(a_rate_of_zero_changes_nothing) {
  // The rate is 0, for example, when a schedule has ended.
  auto update = buffer_of({0, -0.0, 7, 7});
  write_control_change(buffer_of({1, 2, 3, 5}), work_at(0.0), 4, update);
  BOOST_TEST((values_of(update) == std::vector<double>{0, -0.0, 0, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
