#include "verge/model/partition.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "support/message_of.hpp"
#include "support/numbered_dataset.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::message_of;
using verge::test::numbered_dataset;
using verge::test::numbers_of;

BOOST_AUTO_TEST_SUITE(partition_test)

BOOST_AUTO_TEST_CASE(shards_cover_the_dataset_exactly_and_differ_by_at_most_one) {
  for (const std::size_t samples : {1, 2, 10, 97, 1000}) {
    const auto whole = std::make_shared<const numbered_dataset>(samples);
    for (const std::uint32_t devices : {1u, 2u, 7u, 10u, 97u}) {
      if (devices > samples) continue;
      const auto cut = partition::iid(samples, devices, 5);
      BOOST_REQUIRE(cut.device_count() == devices);
      std::vector<std::int64_t> all;
      for (std::uint32_t device = 0; device < devices; ++device) {
        const auto shard = cut.shard(whole, device);
        BOOST_TEST(shard->size() == samples / devices + (device < samples % devices ? 1 : 0));
        for (const std::int64_t number : numbers_of(*shard)) all.push_back(number);
      }
      std::sort(all.begin(), all.end());
      BOOST_TEST(all == numbers_of(*whole), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_who_holds_what) {
  const auto whole = std::make_shared<const numbered_dataset>(100);
  const auto first = [&](std::uint64_t seed) {
    return numbers_of(*partition::iid(100, 4, seed).shard(whole, 0));
  };
  BOOST_TEST(first(1) == first(1));
  BOOST_TEST(first(1) != first(2));
}

BOOST_AUTO_TEST_CASE(a_sample_is_held_by_every_device_equally_often) {
  const auto whole = std::make_shared<const numbered_dataset>(12);
  const int seeds = 4000;
  std::vector<std::vector<int>> held(12, std::vector<int>(3, 0));
  for (int seed = 0; seed < seeds; ++seed) {
    const auto cut = partition::iid(12, 3, static_cast<std::uint64_t>(seed));
    for (std::uint32_t device = 0; device < 3; ++device) {
      for (const std::int64_t number : numbers_of(*cut.shard(whole, device))) {
        ++held[static_cast<std::size_t>(number)][device];
      }
    }
  }
  const double deviation = std::sqrt(seeds * (1.0 / 3.0) * (2.0 / 3.0));
  for (const auto& of_sample : held) {
    for (const int count : of_sample) BOOST_TEST(std::abs(count - seeds / 3.0) < 5.0 * deviation);
  }
}

BOOST_AUTO_TEST_CASE(more_devices_than_samples_are_refused_with_both_numbers) {
  const auto text = message_of<bad_input>([] { partition::iid(10, 11, 1); });
  BOOST_TEST(text.find("11 devices") != std::string::npos, text);
  BOOST_TEST(text.find("10 samples") != std::string::npos, text);
  BOOST_CHECK_THROW(partition::iid(10, 0, 1), bad_input);
}

BOOST_AUTO_TEST_CASE(a_partition_cuts_only_the_dataset_it_was_made_for) {
  const auto cut = partition::iid(10, 2, 1);
  BOOST_CHECK_THROW(cut.shard(std::make_shared<const numbered_dataset>(9), 0), bad_input);
  BOOST_CHECK_THROW(cut.shard(std::make_shared<const numbered_dataset>(10), 2), bad_input);
}

BOOST_AUTO_TEST_CASE(a_million_devices_share_one_list_of_indices) {
  const std::uint32_t devices = 1'000'000;
  const auto whole = std::make_shared<const numbered_dataset>(devices);
  const auto cut = partition::iid(devices, devices, 1);
  std::vector<bool> held(devices, false);
  for (std::uint32_t device = 0; device < devices; ++device) {
    const auto shard = cut.shard(whole, device);
    held[static_cast<std::size_t>(shard->read(0, {}))] = true;
  }
  BOOST_TEST(std::count(held.begin(), held.end(), true) == devices);
}

BOOST_AUTO_TEST_CASE(first_samples_are_the_first_and_zero_means_all) {
  const dataset_ptr whole = std::make_shared<const numbered_dataset>(10);
  BOOST_TEST(numbers_of(*first_samples(whole, 3)) == (std::vector<std::int64_t>{0, 1, 2}),
             boost::test_tools::per_element());
  for (const std::size_t all : {0, 10}) BOOST_TEST(first_samples(whole, all) == whole);
  BOOST_CHECK_THROW(first_samples(whole, 11), bad_input);
}

BOOST_AUTO_TEST_CASE(a_subset_of_samples_that_are_not_there_is_refused) {
  const dataset_ptr whole = std::make_shared<const numbered_dataset>(5);
  const auto indices =
      std::make_shared<const std::vector<std::uint32_t>>(std::vector<std::uint32_t>{4, 0, 5});
  BOOST_TEST(numbers_of(subset(whole, indices, 0, 2)) == (std::vector<std::int64_t>{4, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(subset(whole, indices, 2, 2).size() == 0u);
  BOOST_CHECK_THROW(subset(whole, indices, 0, 3), bad_input);
  BOOST_CHECK_THROW(subset(whole, indices, 0, 4), bad_input);
  BOOST_CHECK_THROW(subset(whole, indices, 2, 1), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
