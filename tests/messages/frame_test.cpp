#include "messages/frame.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>

using namespace verge;

namespace {

std::vector<char> words_as_bytes(const std::vector<std::uint64_t>& words) {
  std::vector<char> bytes(words.size() * 8);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(two_segments_survive_being_flattened) {
  auto a = std::make_shared<const std::vector<std::uint64_t>>(std::vector<std::uint64_t>{1, 2, 3});
  auto b = std::make_shared<const std::vector<std::uint64_t>>(std::vector<std::uint64_t>{4});
  const frame sent{{{a, *a}, {b, *b}}};
  const auto flat = sent.flatten();
  BOOST_TEST(flat.size() == sent.encoded_size());
  BOOST_TEST(flat.size() == (2 + 3 + 1) * 8u);
  const auto got = frame::parse(flat);
  BOOST_REQUIRE(got);
  BOOST_REQUIRE(got->segments().size() == 2u);
  BOOST_TEST(got->segments()[0].words[2] == 3u);
  BOOST_TEST(got->segments()[1].words[0] == 4u);
}

BOOST_AUTO_TEST_CASE(copies_share_their_segments) {
  auto a = std::make_shared<const std::vector<std::uint64_t>>(1000, 7);
  const frame one{{{a, *a}}};
  const frame two = one;
  BOOST_TEST(one.segments().data() == two.segments().data());
}

BOOST_AUTO_TEST_CASE(a_segment_table_that_does_not_fit_is_refused) {
  BOOST_TEST(!frame::parse({}));
  // The table says one segment of 5 words, but only 1 follows.
  BOOST_TEST(!frame::parse(words_as_bytes({0x5'0000'0000, 1})));
  // One word too many.
  BOOST_TEST(!frame::parse(words_as_bytes({0x1'0000'0000, 1, 2})));
  // 2^32 segments.
  BOOST_TEST(!frame::parse(words_as_bytes({0xffff'ffff, 1})));
  // Nine segments, one more than is accepted.
  BOOST_TEST(!frame::parse(words_as_bytes({8, 0, 0, 0, 0})));
  // Cut in the middle of a word.
  auto cut = words_as_bytes({0x1'0000'0000, 1});
  cut.pop_back();
  BOOST_TEST(!frame::parse(cut));
  BOOST_TEST(bool(frame::parse(words_as_bytes({0x1'0000'0000, 1}))));
}

BOOST_AUTO_TEST_SUITE_END()
