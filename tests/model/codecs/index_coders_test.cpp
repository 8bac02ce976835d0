#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <random>

#include "model/codecs/stage_list.hpp"

using namespace verge;
using namespace verge::codecs;

namespace {

using places_of = std::vector<std::uint32_t>;

std::shared_ptr<const index_coder> coder_of(const char* name) {
  return read_recipe(std::string("topk(0.5)+") + name).indices;
}

std::vector<std::byte> encoded(const index_coder& coder, const places_of& places,
                               std::size_t size) {
  byte_writer out;
  coder.encode(places, size, out);
  return {out.bytes().begin(), out.bytes().end()};
}

/// Decodes from memory of exactly that size, so that a sanitizer detects reads beyond it.
std::string decoded(const index_coder& coder, const std::vector<std::byte>& bytes, std::size_t size,
                    places_of& places) {
  const std::vector<std::byte> copy(bytes);
  byte_reader in{copy};
  auto why = coder.decode(in, size, places);
  if (why.empty() && in.left() > 0) why = "bytes are left";
  return why;
}

void check_round_trip(const index_coder& coder, const places_of& places, std::size_t size) {
  places_of back(places.size());
  const auto bytes = encoded(coder, places, size);
  BOOST_TEST_CONTEXT(places.size() << " places of " << size) {
    BOOST_REQUIRE_EQUAL(decoded(coder, bytes, size, back), "");
    BOOST_TEST((back == places));
  }
}

/// Takes each place with probability `density`.
places_of random_places(double density, std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random{seed};
  std::bernoulli_distribution taken{density};
  places_of places;
  for (std::size_t i = 0; i < size; ++i)
    if (taken(random)) places.push_back(static_cast<std::uint32_t>(i));
  return places;
}

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

const char* const coders[] = {"golomb", "index32"};

}  // namespace

BOOST_AUTO_TEST_SUITE(index_coders_test)

// -- both -----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(places_of_every_density_come_back) {
  for (const auto* name : coders)
    for (const double density : {1e-4, 0.001, 0.01, 0.05, 0.2, 0.35, 0.4, 0.5, 0.7, 0.99, 1.0})
      for (const std::size_t size : {1u, 2u, 63u, 64u, 65u, 1000u, 40'000u})
        check_round_trip(*coder_of(name), random_places(density, size), size);
}

BOOST_AUTO_TEST_CASE(single_places_come_back_from_anywhere) {
  constexpr std::size_t most = std::size_t{1} << 32;
  for (const auto* name : coders)
    for (const std::size_t size : {std::size_t{1}, std::size_t{300}, std::size_t{1} << 20, most})
      for (const auto place : {std::size_t{0}, size / 2, size - 1})
        check_round_trip(*coder_of(name), {static_cast<std::uint32_t>(place)}, size);
}

/// The gaps are far from geometric, so their quotients are long.
BOOST_AUTO_TEST_CASE(crowded_places_with_a_long_way_between_them_come_back) {
  for (const auto* name : coders)
    for (const std::uint32_t way : {100u, 5000u, 1'000'000u}) {
      places_of places(2000);
      std::iota(places.begin(), places.begin() + 1000, 0u);
      std::iota(places.begin() + 1000, places.end(), 1000 + way);
      check_round_trip(*coder_of(name), places, 2000 + way);
      check_round_trip(*coder_of(name), {places.begin() + 1000, places.end()}, 2000 + way);
    }
}

BOOST_AUTO_TEST_CASE(no_places_take_no_bytes) {
  for (const auto* name : coders) {
    const auto coder = coder_of(name);
    BOOST_TEST(encoded(*coder, {}, 100).empty());
    places_of none;
    BOOST_TEST(decoded(*coder, {}, 100, none) == "");
  }
}

BOOST_AUTO_TEST_CASE(bytes_cut_anywhere_are_refused) {
  for (const auto* name : coders)
    for (const double density : {0.01, 0.3, 0.9}) {
      const auto coder = coder_of(name);
      const auto places = random_places(density, 700);
      const auto bytes = encoded(*coder, places, 700);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        places_of back(places.size());
        const auto why = decoded(*coder, {bytes.begin(), bytes.begin() + length}, 700, back);
        BOOST_TEST(why.starts_with("cut "));
      }
    }
}

BOOST_AUTO_TEST_CASE(places_beyond_a_smaller_tensor_are_refused) {
  for (const auto* name : coders) {
    const auto coder = coder_of(name);
    auto places = random_places(0.1, 5000);
    places.push_back(5000);
    const auto bytes = encoded(*coder, places, 5001);
    places_of back(places.size());
    BOOST_TEST(decoded(*coder, bytes, 5001, back) == "");
    for (const std::size_t size : {5000u, 4000u, 100u, 1u}) {
      const auto why = decoded(*coder, bytes, size, back);
      BOOST_TEST((why.starts_with("place ") || why.starts_with("a gap that leads beyond ")));
    }
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_give_ascending_places_or_are_refused) {
  std::mt19937_64 random{2};
  for (const auto* name : coders) {
    const auto coder = coder_of(name);
    std::size_t accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::vector<std::byte> bytes(random() % 40);
      for (auto& byte : bytes) byte = static_cast<std::byte>(random() & random());
      if (!bytes.empty()) bytes[0] &= static_cast<std::byte>(i % 2 > 0 ? 0x3F : 0x07);
      const std::size_t size = 1 + random() % (std::size_t{1} << random() % 33);
      places_of places(random() % std::min<std::size_t>(size, 50));
      byte_reader in{bytes};
      if (!coder->decode(in, size, places).empty() || places.empty()) continue;
      ++accepted;
      BOOST_TEST(places.back() < size);
      const auto falling = std::adjacent_find(places.begin(), places.end(), std::greater_equal<>{});
      BOOST_TEST((falling == places.end()));
    }
    BOOST_TEST(accepted > 0u);
  }
}

// -- golomb ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(golomb_takes_the_bits_of_the_formula) {
  constexpr std::size_t size = 4'000'000;
  const std::pair<double, double> table[] = {{0.25, 3.286}, {0.1, 4.756},        {0.04, 6.085},
                                             {0.01, 8.108}, {1 / 400.0, 10.114}, {0.001, 11.495}};
  for (const auto& [density, bits] : table) {
    const auto places = random_places(density, size);
    const auto bytes = encoded(*make_golomb_indices(), places, size);
    const double measured =
        8.0 * static_cast<double>(bytes.size()) / static_cast<double>(places.size());
    BOOST_TEST_CONTEXT("density " << density << ": " << measured << " bits")
    BOOST_TEST(std::abs(measured / bits - 1.0) < 0.02);
  }
}

BOOST_AUTO_TEST_CASE(golomb_of_all_places_takes_a_bit_each) {
  places_of all(800);
  std::iota(all.begin(), all.end(), 0u);
  BOOST_TEST(encoded(*make_golomb_indices(), all, all.size()).size() == 1u + 100u);
}

BOOST_AUTO_TEST_CASE(golomb_is_as_the_comment_says) {
  // 2 places of 10, so b = 2. Gaps 5 = 1 * 4 + 1 and 2 = 0 * 4 + 2 give 0 1 1 0, then 1 0 1, then a
  // zero.
  const auto bytes = encoded(*make_golomb_indices(), {5, 8}, 10);
  BOOST_TEST((bytes == bytes_of({2, 0b0101'0110})));
}

BOOST_AUTO_TEST_CASE(golomb_refuses_what_it_would_not_write) {
  const auto golomb = make_golomb_indices();
  places_of two(2);
  BOOST_TEST(decoded(*golomb, bytes_of({2, 0b0101'0110}), 10, two) == "");
  BOOST_TEST(decoded(*golomb, bytes_of({2, 0b1101'0110}), 10, two) == "ones behind its last place");
  BOOST_TEST(decoded(*golomb, bytes_of({32, 255, 255, 255, 255, 255, 255, 255, 255, 255}), 10,
                     two) == "a Golomb parameter of 32, at most 31");
  BOOST_TEST(decoded(*golomb, bytes_of({2, 0b0101'0110}), 8, two) ==
             "a gap that leads beyond a tensor of 8");
  BOOST_TEST(decoded(*golomb, std::vector<std::byte>(100'000), 10, two) == "cut within its places");
}

// -- index32 --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(index32_takes_32_bits_a_place) {
  BOOST_TEST((encoded(*coder_of("index32"), {1, 0x01020304}, 0x02000000) ==
              bytes_of({1, 0, 0, 0, 4, 3, 2, 1})));
}

BOOST_AUTO_TEST_CASE(index32_refuses_places_that_do_not_ascend) {
  const auto coder = coder_of("index32");
  places_of back(3);
  BOOST_TEST(decoded(*coder, encoded(*coder, {1, 5, 9}, 10), 10, back) == "");
  BOOST_TEST(decoded(*coder, encoded(*coder, {1, 5, 5}, 10), 10, back) == "place 5 after place 5");
  BOOST_TEST(decoded(*coder, encoded(*coder, {6, 5, 9}, 10), 10, back) == "place 5 after place 6");
  BOOST_TEST(decoded(*coder, encoded(*coder, {1, 5, 10}, 10), 10, back) ==
             "place 10 of a tensor that has 10");
}

BOOST_AUTO_TEST_SUITE_END()
