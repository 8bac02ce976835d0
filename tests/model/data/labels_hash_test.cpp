#include "model/data/labels_hash.hpp"

#include <boost/test/unit_test.hpp>

#include "support/labelled_dataset.hpp"

using namespace verge;
using verge::test::labelled_dataset;

BOOST_AUTO_TEST_SUITE(labels_hash_test)

BOOST_AUTO_TEST_CASE(the_hash_is_that_of_the_labels_as_64_bit_numbers) {
  // Python: hashlib.sha256(b"".join(struct.pack("<Q", x) for x in [0, 1, 2, 0, 9])).hexdigest()
  const std::string expected = "76f785600d1795f2e46f6bf272215df5ade9286997687f7a89505aba27d6a4d2";
  std::string found;
  for (const unsigned char byte : labels_hash(labelled_dataset{{0, 1, 2, 0, 9}, 10})) {
    constexpr char digits[] = "0123456789abcdef";
    found += digits[byte >> 4];
    found += digits[byte & 15];
  }
  BOOST_TEST(found == expected);
}

BOOST_AUTO_TEST_CASE(another_order_and_another_length_are_another_hash) {
  const auto hash = [](std::vector<std::uint32_t> labels) {
    return labels_hash(labelled_dataset{std::move(labels), 10});
  };
  BOOST_TEST(hash({1, 2}) == hash({1, 2}));
  BOOST_TEST(hash({1, 2}) != hash({2, 1}));
  BOOST_TEST(hash({1, 2}) != hash({1, 2, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
