#include "model/data/local_data.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <vector>

#include "model/random/random.hpp"
#include "support/numbered_dataset.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::numbered_dataset;

namespace {

const sample_shape shape{1, 3, 3};

struct batch {
  std::vector<float> features;
  std::vector<std::int64_t> labels;

  std::vector<float> sample(std::size_t i) const {
    const auto begin = features.begin() + static_cast<std::ptrdiff_t>(i * shape.elements());
    return {begin, begin + static_cast<std::ptrdiff_t>(shape.elements())};
  }
  friend bool operator==(const batch&, const batch&) = default;
};

local_work steps_of(std::uint32_t batch_size, std::uint32_t steps) {
  return {.batch_size = batch_size, .local_steps = steps, .local_epochs = 0};
}

local_work epochs_of(std::uint32_t batch_size, std::uint32_t epochs) {
  return {.batch_size = batch_size, .local_steps = 0, .local_epochs = epochs};
}

batch read(const local_data& data, const local_work& work, std::uint32_t round,
           std::uint32_t step) {
  const std::size_t size = data.batch_size(work, step);
  batch out{std::vector<float>(size * shape.elements(), -1.0f),
            std::vector<std::int64_t>(size, -1)};
  data.read_batch(work, round_id{round}, step, out.features, out.labels);
  return out;
}

/// The labels of a whole round, batch after batch.
std::vector<std::int64_t> read_round(const local_data& data, const local_work& work,
                                     std::uint32_t round) {
  std::vector<std::int64_t> labels;
  for (std::uint32_t step = 0; step < data.steps(work); ++step) {
    const auto got = read(data, work, round, step);
    labels.insert(labels.end(), got.labels.begin(), got.labels.end());
  }
  return labels;
}

std::vector<std::int64_t> in_order(const device_order& order, std::uint64_t from,
                                   std::size_t count) {
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<std::int64_t>(order[from + i]));
  }
  return labels;
}

local_data_ptr device_with(std::size_t size, std::uint32_t device = 2, augmentation augment = {},
                           std::uint64_t seed = 7) {
  return local_data::of_device(seed, device_id{device},
                               std::make_shared<const numbered_dataset>(size, 0, shape), augment);
}

/// Shards of the given sizes, whose samples have labels 0, 1, 2, ... throughout.
std::vector<dataset_ptr> shards_of(const std::vector<std::size_t>& sizes) {
  std::vector<dataset_ptr> shards;
  std::size_t first = 0;
  for (const std::size_t size : sizes) {
    shards.push_back(std::make_shared<const numbered_dataset>(size, first, shape));
    first += size;
  }
  return shards;
}

/// Checks that the union's batch of K * B in each round is the devices' batches of B together,
/// sample by sample with label and features.
void check_union(const std::vector<std::size_t>& sizes, std::uint32_t batch_size,
                 augmentation augment) {
  const auto shards = shards_of(sizes);
  const auto count = static_cast<std::uint32_t>(sizes.size());
  const auto whole = local_data::of_union(7, shards, augment);
  for (std::uint32_t round = 1; round <= 12; ++round) {
    const auto big = read(*whole, steps_of(batch_size * count, 1), round, 0);
    std::multimap<std::int64_t, std::vector<float>> together, apart;
    for (std::size_t i = 0; i < big.labels.size(); ++i) {
      together.emplace(big.labels[i], big.sample(i));
    }
    for (std::uint32_t k = 0; k < count; ++k) {
      const auto device = local_data::of_device(7, device_id{k}, shards[k], augment);
      const auto small = read(*device, steps_of(batch_size, 1), round, 0);
      for (std::size_t i = 0; i < small.labels.size(); ++i) {
        apart.emplace(small.labels[i], small.sample(i));
      }
    }
    BOOST_TEST((together == apart), "round " << round);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_data_test)

BOOST_AUTO_TEST_CASE(local_epochs_use_every_sample_once_an_epoch) {
  const auto data = device_with(23);
  const auto work = epochs_of(5, 3);
  BOOST_TEST(data->steps(work) == 15u);
  BOOST_TEST(data->samples(work) == 69u);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    const auto labels = read_round(*data, work, round);
    BOOST_REQUIRE(labels.size() == 69u);
    for (std::ptrdiff_t epoch = 0; epoch < 3; ++epoch) {
      std::vector<std::int64_t> of_epoch(labels.begin() + epoch * 23,
                                         labels.begin() + (epoch + 1) * 23);
      std::sort(of_epoch.begin(), of_epoch.end());
      for (std::size_t i = 0; i < 23; ++i) {
        BOOST_TEST(of_epoch[i] == static_cast<std::int64_t>(i));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(local_epochs_walk_the_endless_order_from_round_to_round) {
  const auto data = device_with(23);
  const device_order order(7, device_id{2}, 23);
  const auto work = epochs_of(5, 2);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    BOOST_TEST(read_round(*data, work, round) == in_order(order, (round - 1) * 46u, 46),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(no_batch_crosses_the_end_of_a_local_epoch) {
  const auto data = device_with(23);
  const auto work = epochs_of(5, 2);
  const std::vector<std::uint32_t> sizes{5, 5, 5, 5, 3, 5, 5, 5, 5, 3};
  BOOST_REQUIRE(data->steps(work) == sizes.size());
  for (std::uint32_t step = 0; step < sizes.size(); ++step) {
    BOOST_TEST(data->batch_size(work, step) == sizes[step]);
  }
  BOOST_TEST(data->steps(epochs_of(100, 2)) == 2u);
  BOOST_TEST(data->batch_size(epochs_of(100, 2), 1) == 23u);
  BOOST_TEST(data->batch_size(epochs_of(23, 1), 0) == 23u);
}

BOOST_AUTO_TEST_CASE(the_smallest_batch_is_the_least_of_all) {
  for (const std::size_t size : {1, 4, 5, 6, 23, 25}) {
    const auto data = device_with(size);
    for (const auto& work : {epochs_of(5, 1), epochs_of(5, 3), epochs_of(1, 2), epochs_of(100, 2),
                             steps_of(5, 1), steps_of(1, 7), steps_of(100, 2)}) {
      std::uint64_t least = data->batch_size(work, 0);
      for (std::uint32_t step = 1; step < data->steps(work); ++step)
        least = std::min<std::uint64_t>(least, data->batch_size(work, step));
      BOOST_TEST(smallest_batch(work, size) == least);
    }
  }
  BOOST_TEST(smallest_batch(epochs_of(5, 1), 0) == 0u);
}

BOOST_AUTO_TEST_CASE(local_steps_walk_the_endless_order_from_round_to_round) {
  const auto data = device_with(10);
  const device_order order(7, device_id{2}, 10);
  const auto work = steps_of(4, 3);
  BOOST_TEST(data->steps(work) == 3u);
  BOOST_TEST(data->samples(work) == 12u);
  for (std::uint32_t round = 1; round <= 5; ++round) {
    for (std::uint32_t step = 0; step < 3; ++step) {
      BOOST_TEST(data->batch_size(work, step) == 4u);
      BOOST_TEST(read(*data, work, round, step).labels ==
                     in_order(order, ((round - 1) * 3u + step) * 4u, 4),
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_may_be_larger_than_the_shard) {
  const auto labels = read(*device_with(3), steps_of(10, 1), 1, 0).labels;
  BOOST_TEST(labels == in_order(device_order(7, device_id{2}, 3), 0, 10),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_batch_is_a_function_of_seed_device_round_and_step) {
  const augmentation augment{.flip = true, .crop_padding = 1};
  const auto work = steps_of(8, 2);
  const auto first = read(*device_with(40, 2, augment), work, 3, 1);
  const auto again = device_with(40, 2, augment);
  read(*again, work, 9, 0);
  BOOST_TEST((read(*again, work, 3, 1) == first));
  BOOST_TEST((read(*again, work, 3, 0) != first));
  BOOST_TEST((read(*again, work, 4, 1) != first));
  BOOST_TEST((read(*device_with(40, 3, augment), work, 3, 1) != first));
  BOOST_TEST((read(*device_with(40, 2, augment, 8), work, 3, 1) != first));
}

BOOST_AUTO_TEST_CASE(samples_are_augmented_by_their_place_in_the_round) {
  const augmentation augment{.flip = true, .crop_padding = 2};
  const auto plain = device_with(23), changed = device_with(23, 2, augment);
  for (const auto& work : {steps_of(4, 3), epochs_of(5, 2)}) {
    for (const std::uint32_t round : {1u, 6u}) {
      const random_stream stream(7, random_purpose::augmentation, 2, round);
      std::uint64_t place = 0;
      for (std::uint32_t step = 0; step < plain->steps(work); ++step) {
        const auto expected = read(*plain, work, round, step);
        const auto got = read(*changed, work, round, step);
        BOOST_TEST((got.labels == expected.labels));
        for (std::size_t i = 0; i < expected.labels.size(); ++i, ++place) {
          auto sample = expected.sample(i);
          augment.apply(sample, shape, stream, place);
          BOOST_TEST((got.sample(i) == sample), "step " << step << ", sample " << i);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_of_the_union_is_the_batches_of_its_devices) {
  check_union({20, 20, 20}, 4, {});
  check_union({50}, 8, {});
}

BOOST_AUTO_TEST_CASE(a_batch_of_the_union_is_the_batches_of_its_uneven_devices) {
  check_union({7, 13, 5, 29}, 4, {});
  check_union({1, 2, 3}, 5, {});
}

BOOST_AUTO_TEST_CASE(the_union_augments_as_its_devices_do) {
  check_union({7, 13, 5, 29}, 4, {.flip = true, .crop_padding = 2});
}

BOOST_AUTO_TEST_CASE(the_union_holds_all_samples) {
  const auto whole = local_data::of_union(1, shards_of({7, 13, 5}), {});
  BOOST_TEST(whole->size() == 25u);
  BOOST_TEST((whole->shape() == shape));
}

BOOST_AUTO_TEST_CASE(shards_without_samples_or_of_different_shapes_are_refused) {
  BOOST_CHECK_THROW(device_with(0), bad_input);
  BOOST_CHECK_THROW(local_data::of_union(1, {}, {}), bad_input);
  BOOST_CHECK_THROW(local_data::of_union(1, shards_of({3, 0}), {}), bad_input);
  auto shards = shards_of({3});
  shards.push_back(std::make_shared<const numbered_dataset>(3, 0, sample_shape{2, 3, 3}));
  BOOST_CHECK_THROW(local_data::of_union(1, shards, {}), bad_input);
}

BOOST_AUTO_TEST_CASE(malformed_work_is_refused) {
  const auto data = device_with(10);
  BOOST_CHECK_THROW(data->steps(steps_of(0, 1)), run_failure);
  BOOST_CHECK_THROW(data->samples(steps_of(4, 0)), run_failure);
  BOOST_CHECK_THROW(data->batch_size(epochs_of(0, 1), 0), run_failure);
  auto both = steps_of(4, 1);
  both.local_epochs = 1;
  BOOST_CHECK_THROW(data->steps(both), run_failure);
}

BOOST_AUTO_TEST_SUITE_END()
