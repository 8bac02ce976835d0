#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/top_magnitudes.hpp"

using namespace verge;
using namespace verge::codecs;

namespace {

using values_of = std::vector<float>;
using places_of = std::vector<std::uint32_t>;

constexpr float denormal = std::numeric_limits<float>::denorm_min();
constexpr float largest_float = std::numeric_limits<float>::max();

/// Top-k by its definition: sort all, cut, drop the zeros.
places_of sorted_choice(const values_of& values, std::size_t count) {
  places_of places(values.size());
  std::iota(places.begin(), places.end(), 0u);
  std::stable_sort(places.begin(), places.end(),
                   [&](auto a, auto b) { return std::fabs(values[a]) > std::fabs(values[b]); });
  places.resize(std::min(count, places.size()));
  std::erase_if(places, [&](auto place) { return values[place] == 0.0f; });
  std::sort(places.begin(), places.end());
  return places;
}

void check_choice(const values_of& values, std::size_t count, workspace& work) {
  choose_largest(values, count, work);
  const auto expected = sorted_choice(values, count);
  BOOST_TEST_CONTEXT(count << " of " << values.size() << " values") {
    BOOST_REQUIRE_EQUAL(work.chosen.size(), expected.size());
    BOOST_TEST((work.chosen == expected));
  }
}

void check_choices(const values_of& values) {
  workspace work;
  const auto size = values.size();
  for (const std::size_t count :
       {std::size_t{1}, size / 1000, size / 100, size / 3, size - 1, size})
    if (count > 0) check_choice(values, count, work);
}

template <class Value>
values_of made(std::size_t size, const Value& value) {
  values_of values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(value(i));
  return values;
}

values_of normal_values(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<float> normal;
  return made(size, [&](std::size_t) { return normal(random); });
}

places_of chosen_by(const char* codec, const values_of& values, tensor_context tensor = {}) {
  workspace work;
  read_recipe(codec).select->choose(values, tensor, work);
  return work.chosen;
}

tensor_context in_round(std::uint32_t round) {
  tensor_context tensor;
  tensor.round = round;
  return tensor;
}

tensor_context with_key(std::uint64_t key) {
  tensor_context tensor;
  tensor.key = key;
  return tensor;
}

double squares_of(const values_of& values) {
  return std::accumulate(values.begin(), values.end(), 0.0,
                         [](double sum, float v) { return sum + static_cast<double>(v) * v; });
}

/// Enough values for a sample, and not a whole number of blocks.
constexpr std::size_t many = 200'003;

}  // namespace

BOOST_AUTO_TEST_SUITE(selectors_test)

// -- the largest magnitudes -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_share_is_rounded_and_at_least_one_of_anything) {
  BOOST_TEST(count_of_share(0.01, 0) == 0u);
  BOOST_TEST(count_of_share(0.01, 1) == 1u);
  BOOST_TEST(count_of_share(0.01, 149) == 1u);
  BOOST_TEST(count_of_share(0.01, 151) == 2u);
  BOOST_TEST(count_of_share(0.5, 7) == 4u);
  BOOST_TEST(count_of_share(1.0, 12345) == 12345u);
}

BOOST_AUTO_TEST_CASE(small_tensors_of_every_size_and_count) {
  workspace work;
  for (std::size_t size = 0; size <= 70; ++size) {
    auto values = normal_values(size, size);
    for (std::size_t i = 0; i < size; i += 5) values[i] = std::round(values[i]);
    for (std::size_t count = 0; count <= size; ++count) {
      if (count == 0 && size > 0) continue;
      check_choice(values, count, work);
    }
  }
}

BOOST_AUTO_TEST_CASE(sizes_about_those_at_which_a_sample_is_taken) {
  for (const std::size_t size : {2047u, 2048u, 2049u, 8191u, 8192u, 8193u, 16385u})
    check_choices(normal_values(size, size));
}

BOOST_AUTO_TEST_CASE(gaussian_values) {
  check_choices(normal_values(many, 1));
}

BOOST_AUTO_TEST_CASE(heavy_tailed_values) {
  std::mt19937_64 random{2};
  std::student_t_distribution<float> heavy{1.0f};
  check_choices(made(many, [&](std::size_t) { return heavy(random); }));
}

BOOST_AUTO_TEST_CASE(magnitudes_from_the_least_denormal_to_the_largest_float) {
  std::mt19937_64 random{3};
  std::uniform_int_distribution<std::uint32_t> bits{0, 0x7F7FFFFF};
  auto values = made(many, [&](std::size_t i) {
    return std::copysign(std::bit_cast<float>(bits(random)), i % 2 > 0 ? -1.0f : 1.0f);
  });
  values[17] = denormal;
  values[18] = -largest_float;
  check_choices(values);
}

BOOST_AUTO_TEST_CASE(denormals_only) {
  check_choices(made(many, [](std::size_t i) {
    return static_cast<float>(i % 977) * denormal * (i % 3 > 0 ? 1.0f : -1.0f);
  }));
}

BOOST_AUTO_TEST_CASE(ties_go_to_the_lower_places) {
  check_choices(made(many, [](std::size_t) { return -0.25; }));
  check_choices(made(many, [](std::size_t i) { return i % 7 > 0 ? 1.0 : -2.0; }));
  std::mt19937_64 random{4};
  check_choices(made(many, [&](std::size_t) { return static_cast<double>(random() % 5) - 2.0; }));
}

BOOST_AUTO_TEST_CASE(zeros_of_either_sign_are_never_chosen) {
  check_choices(made(many, [](std::size_t i) { return i % 2 > 0 ? 0.0 : -0.0; }));
  check_choices(made(many, [](std::size_t i) { return i % 4099 == 4000 ? 1.0 : -0.0; }));
  BOOST_TEST(chosen_by("topk(1)", values_of{0.0f, -0.0f, 0.5f, 0.0f}) == (places_of{2}));
}

BOOST_AUTO_TEST_CASE(sorted_and_reversed_values) {
  check_choices(made(many, [](std::size_t i) { return static_cast<double>(i); }));
  check_choices(made(many, [](std::size_t i) { return static_cast<double>(many - i); }));
}

BOOST_AUTO_TEST_CASE(large_values_in_one_place) {
  for (const std::size_t where : {std::size_t{0}, many / 2, many - 1500})
    check_choices(made(many, [&](std::size_t i) {
      return i >= where && i < where + 1500 ? 10.0 + static_cast<double>(i % 11)
                                            : 1e-6 * static_cast<double>(i % 13);
    }));
}

/// One of these would be the worst case for a sample at equal distances.
BOOST_AUTO_TEST_CASE(large_values_at_equal_distances) {
  for (const std::size_t distance : {2, 3, 8, 16, 48, 49, 64, 256})
    for (const std::size_t first : {std::size_t{0}, distance / 2, distance - 1}) {
      check_choices(made(many, [&](std::size_t i) {
        return i % distance == first ? 1.0 + 1e-3 * static_cast<double>(i % 101) : 1e-3;
      }));
      check_choices(made(many, [&](std::size_t i) {
        return i % distance == first ? 0.0 : 1.0 + 1e-3 * static_cast<double>(i % 101);
      }));
    }
}

/// The sample sees only zeros, or few other values, and says little about their number.
BOOST_AUTO_TEST_CASE(more_values_asked_for_than_any_sample_suggests) {
  workspace work;
  for (const std::size_t few : {1u, 10u, 1000u}) {
    auto values = normal_values(many, few);
    for (std::size_t i = 0; i < many; ++i)
      if (i % (many / few) != 3) values[i] = 0.0f;
    for (const std::size_t count : {std::size_t{1}, few / 2 + 1, few, few + 1, many / 2})
      check_choice(values, count, work);
  }
}

BOOST_AUTO_TEST_CASE(values_placed_against_the_sample) {
  const magnitude_sample sample{many};
  BOOST_TEST(sample.place(sample.count - 1) < many);
  auto seen = normal_values(many, 11);
  auto unseen = seen;
  for (auto& value : seen) value *= 1e-3f;
  for (std::size_t i = 0; i < sample.count; ++i) {
    const auto place = sample.place(i);
    std::swap(seen[place], unseen[place]);
    unseen[place] = i % 3 > 0 ? 0.0f : denormal;
  }
  check_choices(seen);
  check_choices(unseen);
}

BOOST_AUTO_TEST_CASE(a_workspace_used_before_changes_nothing) {
  workspace work;
  const auto large = normal_values(many, 5);
  const auto small = normal_values(900, 6);
  for (int i = 0; i < 3; ++i) {
    check_choice(large, 2000, work);
    check_choice(small, 9, work);
    check_choice(large, many, work);
  }
}

BOOST_AUTO_TEST_CASE(topk_is_a_contraction) {
  for (const std::size_t size : {1u, 10u, 999u, 30'000u}) {
    const auto values = normal_values(size, size);
    const auto chosen = chosen_by("topk(0.1)", values);
    auto rest = values;
    for (const auto place : chosen) rest[place] = 0.0f;
    const double share = static_cast<double>(chosen.size()) / static_cast<double>(size);
    BOOST_TEST(squares_of(rest) <= (1.0 - share) * squares_of(values) * (1.0 + 1e-9));
  }
}

// -- dgc ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(dgc_without_a_warm_up_chooses_like_topk) {
  const auto values = normal_values(50'000, 7);
  for (const std::uint32_t round : {1u, 2u, 1000u})
    BOOST_TEST(
        (chosen_by("dgc(0.01)", values, in_round(round)) == chosen_by("topk(0.01)", values)));
}

BOOST_AUTO_TEST_CASE(dgc_sends_less_from_round_to_round_of_its_warm_up) {
  // The paper's own code has W = 5 and p = 0.001 by default: 0.316, 0.1, 0.0316, 0.01, 0.00316.
  const auto values = normal_values(100'000, 8);
  const std::size_t expected[] = {31623, 10000, 3162, 1000, 316, 100, 100, 100};
  for (std::uint32_t round = 1; round <= 8; ++round)
    BOOST_TEST(chosen_by("dgc(0.001, warmup=5)", values, in_round(round)).size() ==
               expected[round - 1]);
}

BOOST_AUTO_TEST_CASE(dgc_asks_for_momentum_correction) {
  const auto usual = read_recipe("dgc(0.01)");
  BOOST_REQUIRE(usual.correction.has_value());
  BOOST_TEST(usual.correction->momentum == 0.9);
  BOOST_TEST(usual.correction->clip == 0.0);
  const auto given = read_recipe("dgc(0.01, clip=2.5, momentum=0)");
  BOOST_TEST(given.correction->momentum == 0.0);
  BOOST_TEST(given.correction->clip == 2.5);
  BOOST_TEST(!read_recipe("topk(0.01)").correction.has_value());
}

// -- stc ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stc_sends_the_mean_of_the_chosen_magnitudes_with_their_signs) {
  const auto values = normal_values(20'000, 9);
  const auto coder = make_tensor_coder(read_recipe("stc(0.02)"));
  workspace work;
  auto left = values;
  coder->encode(left, {}, work);
  const auto chosen = sorted_choice(values, 400);
  BOOST_TEST((work.chosen == chosen));
  double sum = 0.0;
  for (const auto place : chosen) sum += std::fabs(values[place]);
  const auto mu = static_cast<float>(sum / 400.0);

  values_of decoded(values.size());
  byte_reader in{work.out.bytes()};
  BOOST_REQUIRE_EQUAL(coder->decode(in, {}, work, decoded), "");
  values_of expected(values.size(), 0.0f);
  for (const auto place : chosen) expected[place] = std::copysign(mu, values[place]);
  BOOST_TEST((decoded == expected));
}

// -- randk ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(randk_recalls_what_it_chose) {
  const auto select = read_recipe("randk(0.1)").select;
  BOOST_TEST(select->recalls());
  workspace chosen;
  workspace recalled;
  for (std::size_t size = 0; size < 200; ++size) {
    const auto tensor = with_key(size);
    select->choose(normal_values(size, size), tensor, chosen);
    select->recall(size, tensor, recalled);
    BOOST_TEST((recalled.chosen == chosen.chosen));
    BOOST_TEST(chosen.chosen.size() == count_of_share(0.1, size));
  }
}

BOOST_AUTO_TEST_CASE(randk_chooses_different_places) {
  const values_of values(5000);
  const auto chosen = chosen_by("randk(0.3)", values, with_key(1));
  const std::set<std::uint32_t> distinct(chosen.begin(), chosen.end());
  BOOST_TEST(distinct.size() == 1500u);
  BOOST_TEST(*distinct.rbegin() < 5000u);
}

BOOST_AUTO_TEST_CASE(randk_chooses_anew_by_key_and_tensor) {
  const values_of values(5000);
  auto tensor = with_key(1);
  const auto first = chosen_by("randk(0.1)", values, tensor);
  tensor.number = 1;
  BOOST_TEST((chosen_by("randk(0.1)", values, tensor) != first));
  BOOST_TEST((chosen_by("randk(0.1)", values, with_key(2)) != first));
  BOOST_TEST((chosen_by("randk(0.1)", values, with_key(1)) == first));
}

BOOST_AUTO_TEST_CASE(randk_chooses_every_place_about_equally_often) {
  constexpr std::size_t size = 50;
  constexpr std::size_t keys = 20'000;
  const auto select = read_recipe("randk(0.2)").select;
  std::vector<double> times(size, 0.0);
  workspace work;
  for (std::size_t key = 0; key < keys; ++key) {
    select->recall(size, with_key(key), work);
    for (const auto place : work.chosen) times[place] += 1.0;
  }
  // 4000 each, within five standard deviations of a binomial distribution.
  for (const double count : times) BOOST_TEST(std::fabs(count - 4000.0) < 5.0 * std::sqrt(3200.0));
}

BOOST_AUTO_TEST_CASE(randk_of_all_is_all_in_order) {
  places_of all(1000);
  std::iota(all.begin(), all.end(), 0u);
  BOOST_TEST((chosen_by("randk(1)", values_of(1000)) == all));
}

BOOST_AUTO_TEST_CASE(randk_sends_values_unscaled_and_no_places) {
  const auto coder = make_tensor_coder(read_recipe("randk(0.25)"));
  const auto values = normal_values(400, 10);
  auto tensor = with_key(3);
  workspace work;
  auto left = values;
  coder->encode(left, tensor, work);
  BOOST_TEST(work.out.size() == 100 * sizeof(float));
  values_of decoded(values.size());
  byte_reader in{work.out.bytes()};
  BOOST_REQUIRE_EQUAL(coder->decode(in, tensor, work, decoded), "");
  for (std::size_t i = 0; i < values.size(); ++i) {
    BOOST_TEST((decoded[i] == 0.0f || decoded[i] == values[i]));
    BOOST_TEST(left[i] + decoded[i] == values[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
