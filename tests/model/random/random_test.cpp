#include "model/random/random.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

using namespace verge;

namespace {

random_stream stream_of(std::uint64_t seed) {
  return random_stream(seed, random_purpose::sample_order);
}

/// Distance of Pearson's statistic of `counts` against a uniform law from its mean, in standard
/// deviations.
double uniformity(const std::vector<std::size_t>& counts) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0.0;
  for (const std::size_t count : counts) {
    const double difference = static_cast<double>(count) - expected;
    statistic += difference * difference / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1.0;
  return (statistic - freedom) / std::sqrt(2.0 * freedom);
}

/// The mask computed element by element from the stream's blocks. 256 elements take 32 blocks. Word
/// w of block l decides elements 64 w + l (low half) and 64 w + 32 + l (high half).
std::vector<float> reference_mask(std::size_t size, double p, const random_stream& stream) {
  const double q = std::round(p * 65536.0) / 65536.0;
  std::vector<float> mask(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t in_group = i % 256;
    const std::uint32_t word =
        stream.block(static_cast<std::uint32_t>(i / 256 * 32 + in_group % 32))[in_group / 64];
    const std::uint32_t half = in_group / 32 % 2 == 0 ? word & 0xFFFF : word >> 16;
    mask[i] = half / 65536.0 < q ? 0.0f : static_cast<float>(1.0 / (1.0 - q));
  }
  return mask;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_test)

// These are the known answers for Philox4x32-10 that its authors publish with their implementation.
BOOST_AUTO_TEST_CASE(blocks_are_philox_4x32_10) {
  const auto block = [](std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    return random_stream(key[0] | std::uint64_t{key[1]} << 32, random_purpose{counter[1]},
                         counter[2], counter[3])
        .block(counter[0]);
  };
  using words = std::array<std::uint32_t, 4>;
  BOOST_TEST(
      (block({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  BOOST_TEST((block({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
              words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(words_are_the_halves_of_the_blocks_in_order) {
  const auto stream = stream_of(7);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto block = stream.block(i);
    BOOST_TEST(stream.word64(2 * i) == (block[0] | std::uint64_t{block[1]} << 32));
    BOOST_TEST(stream.word64(2 * i + 1) == (block[2] | std::uint64_t{block[3]} << 32));
  }
}

BOOST_AUTO_TEST_CASE(every_part_of_the_place_changes_the_stream) {
  std::set<std::uint64_t> first_words;
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32}) {
    for (const auto purpose : {random_purpose::dropout, random_purpose::partition}) {
      for (std::uint32_t a = 0; a < 3; ++a) {
        for (std::uint32_t b = 0; b < 3; ++b) {
          first_words.insert(random_stream(seed, purpose, a, b).word64(0));
        }
      }
    }
  }
  BOOST_TEST(first_words.size() == 3u * 2u * 3u * 3u);
}

BOOST_AUTO_TEST_CASE(bounded_and_unit_draws_are_uniform) {
  const auto stream = stream_of(11);
  std::vector<std::size_t> bounded(13), unit(20);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t draw = stream.below(i, bounded.size());
    BOOST_REQUIRE(draw < bounded.size());
    ++bounded[draw];
    const double fraction = stream.unit(i);
    BOOST_REQUIRE((fraction >= 0.0 && fraction < 1.0));
    ++unit[static_cast<std::size_t>(fraction * static_cast<double>(unit.size()))];
  }
  BOOST_TEST(std::abs(uniformity(bounded)) < 5.0);
  BOOST_TEST(std::abs(uniformity(unit)) < 5.0);
  BOOST_TEST(stream.below(0, 1) == 0u);
}

BOOST_AUTO_TEST_CASE(a_shuffle_is_a_permutation_for_every_size_up_to_5000) {
  for (std::uint64_t size = 1; size <= 5000; ++size) {
    const shuffle order(size, stream_of(size));
    std::vector<bool> seen(size, false);
    bool once = true;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t value = order[i];
      once = once && value < size && !seen[value];
      if (!once) break;
      seen[value] = true;
    }
    BOOST_REQUIRE_MESSAGE(once, "size " << size);
  }
}

BOOST_AUTO_TEST_CASE(a_shuffle_takes_every_element_to_every_place_equally_often) {
  for (const std::uint64_t size : {2, 3, 4, 5, 7, 10, 50, 100, 257}) {
    std::vector<std::size_t> of_first(size), of_last(size);
    for (std::uint64_t seed = 0; seed < 400 * size; ++seed) {
      const shuffle order(size, stream_of(seed));
      ++of_first[order[0]];
      ++of_last[order[size - 1]];
    }
    BOOST_TEST(uniformity(of_first) < 5.0, "size " << size << ": " << uniformity(of_first));
    BOOST_TEST(uniformity(of_last) < 5.0, "size " << size << ": " << uniformity(of_last));
  }
}

BOOST_AUTO_TEST_CASE(a_shuffle_keeps_no_neighbours) {
  // The distance between the images of neighbours, in either direction around the circle.
  for (const std::uint64_t size : {10, 64, 1000}) {
    std::vector<std::size_t> distances(size - 1);
    for (std::uint64_t seed = 0; seed < 300 * size; ++seed) {
      const shuffle order(size, stream_of(seed));
      const std::uint64_t at = seed % (size - 1);
      ++distances[(order[at + 1] + size - order[at]) % size - 1];
    }
    BOOST_TEST(uniformity(distances) < 5.0, "size " << size << ": " << uniformity(distances));
  }
}

BOOST_AUTO_TEST_CASE(small_shuffles_reach_all_orders_about_equally_often) {
  std::vector<std::size_t> orders(24);
  for (std::uint64_t seed = 0; seed < 48'000; ++seed) {
    const shuffle order(4, stream_of(seed));
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = 0; i < 4; ++i) values.push_back(order[i]);
    std::size_t rank = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      rank = rank * (4 - i) + static_cast<std::size_t>(std::count_if(
                                  values.begin() + static_cast<std::ptrdiff_t>(i), values.end(),
                                  [&](std::uint64_t later) { return later < values[i]; }));
    }
    ++orders[rank];
  }
  for (const std::size_t count : orders) BOOST_TEST((count > 1700 && count < 2300));
}

BOOST_AUTO_TEST_CASE(a_dropout_mask_is_the_stream_compared_with_p_for_every_length) {
  const random_stream stream(3, random_purpose::dropout, 5, 6);
  for (const double p : {0.0, 0.1, 0.25, 0.5, 0.9}) {
    for (const std::size_t size : {0, 1, 31, 255, 256, 257, 512, 5000}) {
      std::vector<float> mask(size, -1.0f);
      fill_dropout_mask(mask, p, stream);
      BOOST_TEST((mask == reference_mask(size, p, stream)), "p " << p << ", size " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_dropout_mask_drops_p_of_the_elements_and_has_mean_one) {
  const std::size_t size = 1'000'000;
  std::vector<float> mask(size);
  for (const double p : {0.25, 0.5}) {
    fill_dropout_mask(mask, p, random_stream(1, random_purpose::dropout));
    const auto dropped = static_cast<double>(std::count(mask.begin(), mask.end(), 0.0f));
    const double deviation = std::sqrt(p * (1.0 - p) * static_cast<double>(size));
    BOOST_TEST(std::abs(dropped - p * static_cast<double>(size)) < 5.0 * deviation);
    const double mean = std::accumulate(mask.begin(), mask.end(), 0.0) / static_cast<double>(size);
    BOOST_TEST(std::abs(mean - 1.0) < 0.01);
  }
}

BOOST_AUTO_TEST_CASE(dropping_everything_leaves_zeros) {
  std::vector<float> mask(300, 1.0f);
  fill_dropout_mask(mask, 1.0, random_stream(1, random_purpose::dropout));
  BOOST_TEST(std::count(mask.begin(), mask.end(), 0.0f) == 300);
}

BOOST_AUTO_TEST_SUITE_END()
