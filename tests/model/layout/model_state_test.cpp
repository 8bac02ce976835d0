#include "verge/model/model_state.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

#include "verge/messages/errors.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(model_state_test)

namespace {

manifest mixed_layout() {
  manifest layout(scalar::float32);
  layout.add("a", {2}, tensor_role::parameter);
  layout.add("m", {1}, tensor_role::running_mean);
  layout.add("v", {1}, tensor_role::running_variance);
  layout.add("n", {}, tensor_role::batch_counter);
  layout.add("b", {1}, tensor_role::parameter);
  return layout;
}

model_state numbered_state(const manifest& layout) {
  model_state state{flat_buffer(layout.type(), layout.parameter_count()),
                    flat_buffer(layout.type(), layout.statistic_count()), 0x0102030405};
  float next = 1.0f;
  for (float& value : state.parameters.as<float>()) value = next++;
  for (float& value : state.statistics.as<float>()) value = -next++;
  return state;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_hash_is_over_all_entries_in_manifest_order_as_little_endian_bytes) {
  const manifest layout = mixed_layout();
  const model_state state = numbered_state(layout);
  // 1.0f, 2.0f | -4.0f | -5.0f | the counter in 8 bytes | 3.0f
  const unsigned char bytes[] = {0,    0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x80, 0xc0, 0,   0, 0xa0,
                                 0xc0, 5, 4,    3,    2, 1, 0, 0,    0, 0, 0,    0x40, 0x40};
  unsigned char digest[32];
  SHA256(bytes, sizeof(bytes), digest);
  std::string expected;
  for (const unsigned char byte : digest) expected += fmt::format("{:02x}", byte);
  BOOST_TEST(model_sha256(layout, state) == expected);
}

BOOST_AUTO_TEST_CASE(the_hash_changes_with_any_bit_of_the_model) {
  const manifest layout = mixed_layout();
  model_state state = numbered_state(layout);
  const std::string before = model_sha256(layout, state);
  state.parameters.as<float>()[2] = -0.0f;
  const std::string zero = model_sha256(layout, state);
  state.parameters.as<float>()[2] = 0.0f;
  BOOST_TEST(zero != before);
  BOOST_TEST(model_sha256(layout, state) != zero);
  state = numbered_state(layout);
  state.statistics.as<float>()[1] += 1.0f;
  BOOST_TEST(model_sha256(layout, state) != before);
  state = numbered_state(layout);
  state.batches_tracked += 1;
  BOOST_TEST(model_sha256(layout, state) != before);
}

BOOST_AUTO_TEST_CASE(a_model_of_another_layout_is_not_hashed) {
  const manifest layout = mixed_layout();
  model_state state = numbered_state(layout);
  state.parameters = flat_buffer(scalar::float32, 2);
  BOOST_CHECK_THROW(model_sha256(layout, state), run_failure);
}

BOOST_AUTO_TEST_SUITE_END()
