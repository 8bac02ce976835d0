// A rule that is no part of the library, as a program adds it.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <functional>

#include "support/labelled_dataset.hpp"
#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition.hpp"

using namespace verge;
using verge::test::balanced_labels;
using verge::test::message_of;
using verge::test::samples_of;

namespace {

/// "stripes(width)": the devices take `width` samples each, in turns.
partition deal_stripes(std::uint32_t width, const partition_rule&, const dataset& whole,
                       std::uint32_t devices, std::uint64_t) {
  std::vector<std::uint32_t> holders(whole.size());
  for (std::uint32_t i = 0; i < holders.size(); ++i) holders[i] = i / width % devices;
  return partition::of_holders(holders, devices);
}

partition_rule read_stripes(const call_text& call) {
  constexpr number_rule a_width{1.0, false, 100.0, true, "a whole number from 1 to 100"};
  const auto width = static_cast<std::uint32_t>(call.number("width", 0, a_width));
  return {fmt::format("stripes({})", width), std::bind_front(deal_stripes, width)};
}

/// Forgets the second half of the samples.
partition_rule read_forgetful(const call_text&) {
  return {"forgetful",
          [](const partition_rule&, const dataset& whole, std::uint32_t devices,
             std::uint64_t seed) { return partition::iid(whole.size() / 2, devices, seed); }};
}

struct fixture {
  fixture() {
    add_partition_rule({"stripes", read_stripes});
    add_partition_rule({"forgetful", read_forgetful});
  }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

}  // namespace

BOOST_AUTO_TEST_SUITE(added_partition_test)

BOOST_AUTO_TEST_CASE(an_added_rule_is_read_and_deals) {
  const auto rule = read_partition_rule("stripes( width = 2 )");
  BOOST_TEST(to_text(rule) == "stripes(2)");
  BOOST_TEST((rule == read_partition_rule("stripes(2)")));
  BOOST_TEST((rule != read_partition_rule("stripes(3)")));
  const auto whole = balanced_labels(9);
  const auto cut = partition::make(rule, *whole, 3, 1);
  using numbers = std::vector<std::size_t>;
  BOOST_TEST((samples_of(*cut.shard(whole, 0)) == numbers{0, 1, 6, 7}));
  BOOST_TEST((samples_of(*cut.shard(whole, 1)) == numbers{2, 3, 8}));
  BOOST_TEST((samples_of(*cut.shard(whole, 2)) == numbers{4, 5}));
}

BOOST_AUTO_TEST_CASE(errors_know_an_added_rule_and_its_arguments) {
  const auto refused = [](const char* text) {
    return message_of<bad_input>([&] { read_partition_rule(text); });
  };
  BOOST_TEST(refused("stripe(2)") ==
             "\"stripe(2)\", character 1: there is no partition 'stripe' (did you mean stripes?), "
             "expected iid, dirichlet, shards, labels, quantity, stripes or forgetful");
  BOOST_TEST(
      refused("stripes(0)") ==
      "\"stripes(0)\", character 9: width of stripes is 0, expected a whole number from 1 to "
      "100");
  BOOST_TEST(refused("forgetful(1)") ==
             "\"forgetful(1)\", character 11: forgetful takes no number");
}

BOOST_AUTO_TEST_CASE(what_an_added_rule_deals_covers_the_data_and_leaves_no_shard_empty) {
  const auto refused = [](const char* rule, std::uint32_t devices) {
    return message_of<bad_input>(
        [&] { partition::make(read_partition_rule(rule), *balanced_labels(10), devices, 1); });
  };
  BOOST_TEST(refused("stripes(4)", 4) ==
             "device 3 is dealt no sample; expected at least one sample a device");
  BOOST_TEST(refused("forgetful", 2) ==
             "partition \"forgetful\": 5 samples were dealt to 2 devices; expected 10 to 2");
  BOOST_TEST(message_of<bad_input>([] {
               partition::of_holders({0, 1, 2}, 2);
             }) == "sample 2 is dealt to device 2; expected a device below 2");
}

BOOST_AUTO_TEST_CASE(a_rule_is_added_once) {
  BOOST_CHECK_THROW(add_partition_rule({"stripes", read_stripes}), bad_input);
  BOOST_CHECK_THROW(add_partition_rule({"iid", read_stripes}), bad_input);
  BOOST_CHECK_THROW(add_partition_rule({"my-stripes", read_stripes}), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
