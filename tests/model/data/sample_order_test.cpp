#include "model/data/sample_order.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <vector>

using namespace verge;

namespace {

std::vector<std::size_t> sorted(std::vector<std::size_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::size_t> zero_to(std::size_t size) {
  std::vector<std::size_t> values(size);
  std::iota(values.begin(), values.end(), std::size_t{0});
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sample_order_test)

BOOST_AUTO_TEST_CASE(every_epoch_holds_every_sample_once_in_another_order) {
  for (const std::size_t size : {1, 2, 50, 1000}) {
    const device_order order(1, device_id{3}, size);
    std::vector<std::vector<std::size_t>> epochs;
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      std::vector<std::size_t> indices(size);
      order.walk(epoch * size, indices);
      BOOST_TEST((sorted(indices) == zero_to(size)));
      epochs.push_back(indices);
    }
    if (size > 10) {
      std::sort(epochs.begin(), epochs.end());
      BOOST_TEST((std::unique(epochs.begin(), epochs.end()) == epochs.end()));
    }
  }
}

BOOST_AUTO_TEST_CASE(seed_and_device_decide_the_order) {
  const auto epoch = [](std::uint64_t seed, std::uint32_t device) {
    std::vector<std::size_t> indices(100);
    device_order(seed, device_id{device}, 100).walk(0, indices);
    return indices;
  };
  BOOST_TEST((epoch(1, 1) == epoch(1, 1)));
  BOOST_TEST((epoch(1, 1) != epoch(2, 1)));
  BOOST_TEST((epoch(1, 1) != epoch(1, 2)));
}

BOOST_AUTO_TEST_CASE(a_walk_reads_what_single_positions_read_across_epochs_and_with_strides) {
  const device_order order(4, device_id{0}, 7);
  for (const std::uint64_t start : {0, 3, 6, 7, 40}) {
    for (const std::size_t stride : {1, 2, 5}) {
      std::vector<std::size_t> indices(31, 999);
      order.walk(start, indices, stride);
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::size_t expected = i % stride == 0 ? order[start + i / stride] : 999;
        BOOST_TEST(indices[i] == expected);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_union_takes_turns_between_the_devices) {
  const std::vector<std::size_t> sizes{4, 7, 5};
  const std::vector<std::size_t> offsets{0, 4, 11};
  const union_order order(9, sizes);
  BOOST_TEST(order.size() == 16u);
  BOOST_TEST(order.devices() == 3u);
  std::vector<std::size_t> walked(100);
  order.walk(10, walked);
  for (std::uint64_t p = 0; p < 110; ++p) {
    const auto k = static_cast<std::uint32_t>(p % 3);
    const std::size_t expected = offsets[k] + device_order(9, device_id{k}, sizes[k])[p / 3];
    BOOST_TEST(order[p] == expected);
    if (p >= 10) BOOST_TEST(walked[p - 10] == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_union_walk_may_be_shorter_than_the_number_of_devices) {
  const std::vector<std::size_t> sizes(100, 3);
  const union_order order(2, sizes);
  for (const std::uint64_t start : {0, 98, 250}) {
    std::vector<std::size_t> indices(5);
    order.walk(start, indices);
    for (std::size_t i = 0; i < indices.size(); ++i) BOOST_TEST(indices[i] == order[start + i]);
  }
}

BOOST_AUTO_TEST_CASE(an_epoch_of_equal_shards_holds_every_sample_of_the_union_once) {
  const std::vector<std::size_t> sizes(4, 25);
  const union_order order(3, sizes);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<std::size_t> indices(100);
    order.walk(epoch * 100, indices);
    BOOST_TEST((sorted(indices) == zero_to(100)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
