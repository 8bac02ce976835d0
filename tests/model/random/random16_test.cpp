#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "model/random/random.hpp"

using namespace verge;

namespace {

const random_stream stream{5, random_purpose::codec, 6, 7};

/// Number `i` from the stream's blocks. 256 numbers take 32 blocks. Word w of block l holds numbers
/// 64 w + l (low half) and 64 w + 32 + l (high half).
std::uint16_t reference_number(std::uint64_t i) {
  const auto in_group = static_cast<std::size_t>(i % 256);
  const auto word = stream.block(static_cast<std::uint32_t>(i / 256 * 32 + i % 32))[in_group / 64];
  return static_cast<std::uint16_t>(in_group / 32 % 2 == 0 ? word : word >> 16);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random16_test)

BOOST_AUTO_TEST_CASE(numbers_are_the_halves_of_the_words_for_every_place_and_length) {
  for (const std::uint64_t first : {0, 256, 2560}) {
    for (const std::size_t size : {0, 1, 31, 255, 256, 257, 512, 1500}) {
      std::vector<std::uint16_t> numbers(size), expected(size);
      fill_random16(numbers, stream, first);
      for (std::size_t i = 0; i < size; ++i) expected[i] = reference_number(first + i);
      BOOST_TEST(numbers == expected, "first " << first << ", size " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_have_the_mean_of_uniform_ones) {
  std::vector<std::uint16_t> numbers(1'000'000);
  fill_random16(numbers, stream, 0);
  double sum = 0.0;
  for (const auto number : numbers) sum += number;
  const double deviation = 65536.0 / std::sqrt(12.0 * static_cast<double>(numbers.size()));
  BOOST_TEST(std::abs(sum / static_cast<double>(numbers.size()) - 32767.5) < 4.0 * deviation);
}

BOOST_AUTO_TEST_SUITE_END()
