// Tests what each rule makes of labels, devices and a seed. partition_test.cpp tests the class
// itself. This file is long because the limits and errors of every rule are here.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "support/labelled_dataset.hpp"
#include "support/message_of.hpp"
#include "support/numbered_dataset.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition.hpp"

using namespace verge;
using verge::test::balanced_labels;
using verge::test::labelled_dataset;
using verge::test::message_of;
using verge::test::samples_of;

namespace {

using shard_list = std::vector<std::vector<std::size_t>>;
using counts = std::vector<std::size_t>;

partition cut(const std::string& rule, const dataset& whole, std::uint32_t devices,
              std::uint64_t seed = 1) {
  return partition::make(read_partition_rule(rule), whole, devices, seed);
}

/// The sample numbers of each device.
shard_list shards_of(const std::string& rule, const dataset_ptr& whole, std::uint32_t devices,
                     std::uint64_t seed = 1) {
  const auto made = cut(rule, *whole, devices, seed);
  shard_list shards;
  for (std::uint32_t k = 0; k < made.device_count(); ++k)
    shards.push_back(samples_of(*made.shard(whole, k)));
  return shards;
}

/// counts_of(...)[k][l] is the number of samples of label l on device k.
std::vector<counts> counts_of(const std::string& rule, const dataset_ptr& whole,
                              std::uint32_t devices, std::uint64_t seed = 1) {
  std::vector<counts> all;
  for (const auto& shard : shards_of(rule, whole, devices, seed)) {
    all.emplace_back(whole->classes(), 0);
    for (const auto sample : shard) ++all.back()[static_cast<std::size_t>(whole->label(sample))];
  }
  return all;
}

std::size_t sum_of(const counts& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
}

std::size_t labels_in(const counts& device) {
  return static_cast<std::size_t>(
      std::count_if(device.begin(), device.end(), [](auto count) { return count > 0; }));
}

counts sizes_of(const shard_list& shards) {
  counts sizes;
  for (const auto& shard : shards) sizes.push_back(shard.size());
  return sizes;
}

std::size_t spread(const counts& numbers) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  return *most - *least;
}

/// Very uneven labels: label l has about twice the samples of label l + 1; `skipped` has none.
dataset_ptr uneven_labels(std::size_t size, std::uint32_t classes, std::uint32_t skipped) {
  std::vector<std::uint32_t> labels;
  for (std::size_t i = 0; labels.size() < size; ++i) {
    std::uint32_t label = 0;
    while ((i >> label & 1) == 1 && label + 1 < classes) ++label;
    if (label != skipped) labels.push_back(label);
  }
  return std::make_shared<const labelled_dataset>(std::move(labels), classes);
}

/// Checks that the devices hold the mixture of the whole set. The sum over devices and labels of
/// (count - expected)^2 / expected is on average devices x (labels - 1) where labels are drawn one
/// by one, and less without replacement.
void check_like_the_whole(const std::vector<counts>& devices, const dataset& whole) {
  counts totals(whole.classes(), 0);
  for (std::size_t i = 0; i < whole.size(); ++i) ++totals[static_cast<std::size_t>(whole.label(i))];
  double chi_square = 0.0;
  for (const auto& device : devices) {
    for (std::size_t label = 0; label < totals.size(); ++label) {
      if (totals[label] == 0) continue;
      const double expected = static_cast<double>(sum_of(device)) *
                              static_cast<double>(totals[label]) /
                              static_cast<double>(whole.size());
      const double off = static_cast<double>(device[label]) - expected;
      chi_square += off * off / expected;
    }
  }
  const auto freedom = static_cast<double>(devices.size() * (labels_in(totals) - 1));
  BOOST_TEST(chi_square < freedom + 5.0 * std::sqrt(2.0 * freedom));
}

const std::vector<std::string> rules{"iid",
                                     "dirichlet(0.1)",
                                     "dirichlet(1)",
                                     "dirichlet(100)",
                                     "dirichlet(0.001, sizes=equal)",
                                     "dirichlet(0.5, sizes=equal)",
                                     "shards(1)",
                                     "shards(2)",
                                     "shards(7)",
                                     "labels(1)",
                                     "labels(2)",
                                     "labels(5)",
                                     "quantity(1)",
                                     "quantity(5)"};

}  // namespace

BOOST_AUTO_TEST_SUITE(partition_rules_test)

// -- what holds for all rules ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(shards_are_disjoint_cover_everything_and_are_never_empty) {
  std::map<std::string, int> made;
  for (const std::size_t samples : {10, 97, 600, 3001}) {
    for (const auto& whole : {dataset_ptr{balanced_labels(samples)}, uneven_labels(samples, 6, 3),
                              dataset_ptr{balanced_labels(samples, 1)}}) {
      for (const std::uint32_t devices : {1u, 2u, 3u, 10u, 64u}) {
        for (const auto& rule : rules) {
          shard_list shards;
          try {
            shards = shards_of(rule, whole, devices, samples + devices);
          } catch (const bad_input&) {
            continue;  // cannot be kept with so few samples, devices or labels
          }
          ++made[rule];
          BOOST_TEST_REQUIRE(shards.size() == devices);
          std::vector<std::size_t> all;
          for (const auto& shard : shards) {
            BOOST_TEST_REQUIRE(!shard.empty(), rule);
            all.insert(all.end(), shard.begin(), shard.end());
          }
          std::sort(all.begin(), all.end());
          std::vector<std::size_t> expected(samples);
          std::iota(expected.begin(), expected.end(), std::size_t{0});
          BOOST_TEST_REQUIRE((all == expected), rule << ", " << samples << ", " << devices);
        }
      }
    }
  }
  for (const auto& rule : rules) BOOST_TEST(made[rule] >= 8, rule << ": " << made[rule]);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_and_nothing_else) {
  const dataset_ptr whole = balanced_labels(600);
  for (const auto& rule : rules) {
    // Ten devices with one of ten labels each hold all of its samples, whatever the seed.
    const std::uint32_t devices = rule == "labels(1)" ? 20 : 10;
    const auto first = shards_of(rule, whole, devices, 4);
    BOOST_TEST((shards_of(rule, whole, devices, 4) == first), rule);
    BOOST_TEST((shards_of(rule, whole, devices, 5) != first), rule);
    BOOST_TEST((shards_of(rule, whole, devices, (std::uint64_t{1} << 32) + 4) != first), rule);
  }
}

BOOST_AUTO_TEST_CASE(labels_are_asked_for_and_no_sample_is_read) {
  const auto whole = balanced_labels(600);
  for (const auto& rule : rules) cut(rule, *whole, 10);
  BOOST_TEST(whole->reads() == 0);
}

BOOST_AUTO_TEST_CASE(a_dataset_that_knows_no_labels_alone_is_read_for_them) {
  class unlabelled final : public dataset {
  public:
    std::size_t size() const override { return 60; }
    sample_shape shape() const override { return {1, 2, 2}; }
    std::uint32_t classes() const override { return 3; }
    std::int64_t read(std::size_t index, std::span<float> features) const override {
      BOOST_TEST(features.size() == 4u);
      return static_cast<std::int64_t>(index % 3);
    }
  };
  const dataset_ptr whole = std::make_shared<const unlabelled>();
  const auto made = cut("labels(1)", *whole, 3);
  for (std::uint32_t k = 0; k < 3; ++k) {
    const auto shard = made.shard(whole, k);
    BOOST_TEST(shard->size() == 20u);
    for (std::size_t i = 0; i < 20; ++i) BOOST_TEST(shard->label(i) == std::int64_t{k});
  }
}

BOOST_AUTO_TEST_CASE(iid_is_the_partition_that_needs_no_labels) {
  const dataset_ptr whole = balanced_labels(97);
  const auto made = partition::iid(97, 7, 3);
  for (std::uint32_t k = 0; k < 7; ++k)
    BOOST_TEST((samples_of(*made.shard(whole, k)) == shards_of("iid", whole, 7, 3)[k]));
}

// Devices in other processes and of later versions must cut the same shards.
BOOST_AUTO_TEST_CASE(partitions_are_what_they_have_always_been) {
  const dataset_ptr whole = balanced_labels(1000);
  const auto fingerprint = [&](const std::string& rule) {
    std::uint64_t hash = 0;
    for (const auto& shard : shards_of(rule, whole, 6, 11))
      for (const auto sample : shard) hash = hash * 1'000'003 + sample + 1;
    return hash;
  };
  const std::map<std::string, std::uint64_t> pinned{
      {"iid", 13524457571567605636u},
      {"dirichlet(0.5)", 14634877336507377588u},
      {"dirichlet(0.5, sizes=equal)", 5404539785039903418u},
      {"shards(2)", 7294086632621082764u},
      {"labels(2)", 1362030019989591632u},
      {"quantity(1)", 2225828887773694762u}};
  for (const auto& [rule, expected] : pinned)
    BOOST_TEST_CONTEXT(rule) BOOST_TEST(fingerprint(rule) == expected);
}

// -- dirichlet ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_large_alpha_is_like_the_whole) {
  for (const auto& whole : {dataset_ptr{balanced_labels(20000)}, uneven_labels(20000, 6, 3)}) {
    check_like_the_whole(counts_of("dirichlet(1000000)", whole, 20), *whole);
    auto equal = counts_of("dirichlet(1000000, sizes=equal)", whole, 20);
    equal.pop_back();  // the last device has what the others left
    check_like_the_whole(equal, *whole);
  }
}

// The share of a label that a device holds has mean 1/K and variance (1/K)(1 - 1/K) / (K alpha +
// 1).
BOOST_AUTO_TEST_CASE(shares_of_a_label_vary_over_devices_as_alpha_says) {
  const std::uint32_t devices = 5;
  const dataset_ptr whole = balanced_labels(10000);
  for (const double alpha : {0.5, 3.0}) {
    double squares = 0.0;
    int shares = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      for (const auto& device :
           counts_of("dirichlet(" + std::to_string(alpha) + ")", whole, devices, seed)) {
        for (const auto count : device) {
          const double off = static_cast<double>(count) / 1000.0 - 1.0 / devices;
          squares += off * off;
          ++shares;
        }
      }
    }
    const double expected = (1.0 / devices) * (1.0 - 1.0 / devices) / (devices * alpha + 1.0);
    BOOST_TEST(squares / shares == expected, boost::test_tools::tolerance(0.08));
  }
}

// Tests the first device, for which no label has run out. The share of label l in its shard of n
// samples has mean p and the variance of the Dirichlet-multinomial, p (1 - p) / n x (n + alpha) /
// (1 + alpha).
BOOST_AUTO_TEST_CASE(labels_of_equal_shards_vary_as_alpha_says) {
  const dataset_ptr whole = balanced_labels(10000);
  const std::size_t size = 100;
  for (const double alpha : {0.5, 10.0}) {
    double squares = 0.0;
    const int seeds = 600;
    for (int seed = 0; seed < seeds; ++seed) {
      const auto made = cut("dirichlet(" + std::to_string(alpha) + ", sizes=equal)", *whole, 100,
                            static_cast<std::uint64_t>(seed));
      counts first(10, 0);
      const auto shard = made.shard(whole, 0);
      for (std::size_t i = 0; i < size; ++i) ++first[static_cast<std::size_t>(shard->label(i))];
      for (const auto count : first)
        squares += std::pow(static_cast<double>(count) / size - 0.1, 2);
    }
    const double expected = 0.1 * 0.9 / size * (size + alpha) / (1.0 + alpha);
    BOOST_TEST(squares / (10 * seeds) == expected, boost::test_tools::tolerance(0.1));
  }
}

BOOST_AUTO_TEST_CASE(a_tiny_alpha_gives_equal_shards_nearly_one_label_each) {
  const auto devices = counts_of("dirichlet(0.000001, sizes=equal)", balanced_labels(10000), 97);
  const auto pure = std::count_if(devices.begin(), devices.end(),
                                  [](const auto& device) { return labels_in(device) == 1; });
  // Where a label runs out within a shard, other labels have to fill the shard. That happens at
  // most once per label, and not with the last label.
  BOOST_TEST(pure >= 97 - 9);
}

BOOST_AUTO_TEST_CASE(equal_sizes_differ_by_at_most_one) {
  for (const std::size_t samples : {100, 997, 5000})
    for (const std::uint32_t devices : {1u, 3u, 64u, 97u})
      for (const char* rule : {"dirichlet(0.01, sizes=equal)", "dirichlet(5, sizes=equal)"})
        BOOST_TEST(spread(sizes_of(shards_of(rule, uneven_labels(samples, 10, 2), devices))) <= 1u);
}

BOOST_AUTO_TEST_CASE(a_device_of_next_to_no_share_of_a_label_has_none_of_it_the_last_one_too) {
  std::size_t single = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto counts = counts_of("dirichlet(0.05)", balanced_labels(6000), 4, seed);
    single += static_cast<std::size_t>(std::ranges::count(counts.back(), 1u));
  }
  // There are 200 shares, and one in 33 is between half a sample and one and a half.
  BOOST_TEST(single < 15u);
}

BOOST_AUTO_TEST_CASE(without_equal_sizes_a_small_alpha_makes_shards_of_all_sizes) {
  const auto held = counts_of("dirichlet(0.1)", balanced_labels(6000), 10);
  counts sizes;
  std::size_t labels = 0;
  for (const auto& device : held) {
    sizes.push_back(sum_of(device));
    labels += labels_in(device);
  }
  BOOST_TEST(spread(sizes) > 300u);
  BOOST_TEST(labels < 80u);
}

// If a draw with a smaller shard were accepted, some of these would have one.
BOOST_AUTO_TEST_CASE(drawn_shards_hold_a_thousandth_of_an_equal_share_or_10_samples) {
  const auto least_of = [](const char* rule, std::size_t samples, std::uint32_t devices) {
    std::size_t least = samples;
    for (std::uint64_t seed = 0; seed < 40; ++seed)
      for (const auto& shard : shards_of(rule, balanced_labels(samples, 1), devices, seed))
        least = std::min(least, shard.size());
    return least;
  };
  for (const char* rule : {"quantity(0.1)", "dirichlet(0.1)"}) {
    const auto of_small = least_of(rule, 4000, 2), of_large = least_of(rule, 40000, 2);
    BOOST_TEST(of_small >= 2u, rule);
    BOOST_TEST(of_small < 10u, rule);
    BOOST_TEST(of_large >= 10u, rule);
    BOOST_TEST(of_large < 100u, rule);
  }
}

BOOST_AUTO_TEST_CASE(sizes_that_cannot_be_drawn_are_given_up_with_one_line) {
  BOOST_TEST(message_of<bad_input>([] { cut("dirichlet(0.001)", *balanced_labels(6000), 100); }) ==
             "partition \"dirichlet(0.001)\": each of 100 draws left one of 100 devices with fewer "
             "than 1 of "
             "6000 samples; expected a larger alpha, fewer devices, or sizes=equal");
  BOOST_TEST(
      message_of<bad_input>([] { cut("quantity(0.000001)", *balanced_labels(50000), 10); }) ==
      "partition \"quantity(1e-06)\": each of 100 draws left one of 10 devices with fewer than 5 "
      "of "
      "50000 samples; expected a larger beta, or fewer devices");
}

// -- quantity -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(quantity_varies_sizes_as_beta_says_and_leaves_labels_as_they_are) {
  const std::uint32_t devices = 5;
  const dataset_ptr whole = balanced_labels(2000);
  double squares = 0.0;
  const int seeds = 1000;
  for (int seed = 0; seed < seeds; ++seed) {
    const auto held = counts_of("quantity(2)", whole, devices, static_cast<std::uint64_t>(seed));
    for (const auto& device : held)
      squares += std::pow(static_cast<double>(sum_of(device)) / 2000.0 - 0.2, 2);
    if (seed == 0) check_like_the_whole(held, *whole);
  }
  BOOST_TEST(squares / (devices * seeds) == 0.2 * 0.8 / (devices * 2.0 + 1.0),
             boost::test_tools::tolerance(0.08));
}

// -- shards ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(pieces_within_a_label_give_each_device_at_most_so_many_labels) {
  // 600 samples in 60 pieces of 10, 6 pieces per label.
  const auto devices = counts_of("shards(2)", balanced_labels(600), 30);
  std::size_t mixed = 0;
  for (const auto& device : devices) {
    BOOST_TEST(sum_of(device) == 20u);
    BOOST_TEST(labels_in(device) <= 2u);
    mixed += labels_in(device) == 2;
  }
  BOOST_TEST(mixed > 15u);  // dealt at random, neighbouring pieces seldom meet again
}

BOOST_AUTO_TEST_CASE(pieces_of_what_cannot_be_divided_differ_by_at_most_one_sample) {
  for (const auto size : sizes_of(shards_of("shards(3)", balanced_labels(1000), 7))) {
    BOOST_TEST(size >= 3 * 47u);
    BOOST_TEST(size <= 3 * 48u);
  }
}

BOOST_AUTO_TEST_CASE(more_pieces_than_samples_are_refused) {
  BOOST_TEST(sizes_of(shards_of("shards(10)", balanced_labels(100), 10)) == counts(10, 10),
             boost::test_tools::per_element());
  BOOST_TEST(
      message_of<bad_input>([] { cut("shards(11)", *balanced_labels(100), 10); }) ==
      "partition \"shards(11)\": 10 devices with 11 pieces each cut 100 samples into 110 pieces; "
      "expected at most one a sample");
}

// -- labels ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(each_device_has_so_many_labels_and_holders_share_them_evenly) {
  for (const std::uint32_t devices : {5u, 7u, 10u, 33u}) {
    for (const std::size_t per_device : {1u, 2u, 3u, 10u}) {
      if (devices * per_device < 10) continue;
      const auto held =
          counts_of("labels(" + std::to_string(per_device) + ")", balanced_labels(2000), devices);
      for (const auto& device : held) BOOST_TEST(labels_in(device) == per_device);
      for (std::size_t label = 0; label < 10; ++label) {
        counts shares;
        for (const auto& device : held)
          if (device[label] > 0) shares.push_back(device[label]);
        BOOST_TEST(sum_of(shares) == 200u);
        BOOST_TEST(spread(shares) <= 1u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(device_i_has_label_i_and_another_that_is_drawn) {
  const auto held = counts_of("labels(2)", balanced_labels(6000), 1000);
  counts others(10, 0);
  for (std::size_t k = 0; k < held.size(); ++k) {
    BOOST_TEST(held[k][k % 10] > 0u);
    for (std::size_t label = 0; label < 10; ++label)
      if (label != k % 10 && held[k][label] > 0) ++others[label];
  }
  // 900 devices could take the label and each ninth does: 100, with a standard deviation of 9.4.
  for (const auto count : others) BOOST_TEST(std::abs(static_cast<double>(count) - 100.0) < 47.0);
}

BOOST_AUTO_TEST_CASE(labels_that_no_sample_has_are_no_labels) {
  const auto held = counts_of("labels(5)", uneven_labels(3000, 6, 3), 4);
  for (const auto& device : held) BOOST_TEST(labels_in(device) == 5u);
}

BOOST_AUTO_TEST_CASE(labels_that_cannot_be_given_out_are_refused) {
  const auto says = [](const char* rule, const dataset_ptr& whole, std::uint32_t devices,
                       const std::string& expected) {
    BOOST_TEST(message_of<bad_input>([&] { cut(rule, *whole, devices); }) == expected);
  };
  says("labels(11)", balanced_labels(600), 10,
       "partition \"labels(11)\": there are 10 labels; expected at most so many a device");
  says("labels(2)", balanced_labels(600), 4,
       "partition \"labels(2)\": 4 devices with 2 labels each leave some of 10 labels out; "
       "expected more "
       "devices, or more labels each");
  says("labels(10)", balanced_labels(100), 11,
       "partition \"labels(10)\": 11 devices have label 0, of which there are 10 samples; expected "
       "at "
       "least one each");
}

// -- bad data -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_label_that_is_none_is_refused) {
  const auto wrong =
      std::make_shared<const labelled_dataset>(std::vector<std::uint32_t>{0, 1, 3}, 3);
  BOOST_TEST(message_of<bad_input>([&] { cut("labels(1)", *wrong, 2); }) ==
             "sample 2 has label 3; expected a label below 3");
}

BOOST_AUTO_TEST_CASE(more_devices_than_samples_are_refused_by_every_rule) {
  for (const auto& rule : rules)
    BOOST_TEST(message_of<bad_input>([&] { cut(rule, *balanced_labels(10), 11); }) ==
               "11 devices cannot share 10 samples; expected at least one sample a device");
}

BOOST_AUTO_TEST_SUITE_END()
