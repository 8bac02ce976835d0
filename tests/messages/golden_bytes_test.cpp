// Bytes that version 1 of the protocol wrote. They must be read as long as version 1 is spoken; a change
// of the schema that breaks one of these is not an evolution but a new protocol version.

#include <boost/test/unit_test.hpp>

#include "verge/messages/round_messages.hpp"

using namespace verge;

namespace {

std::vector<char> from_hex(const std::string& hex) {
  std::vector<char> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <class T>
result<T> read(const std::string& hex) {
  const auto parsed = frame::parse(from_hex(hex));
  BOOST_REQUIRE(parsed);
  return unseal(sealed<T>{*parsed});
}

std::string to_hex(const std::vector<char>& bytes) {
  std::string hex;
  for (char b : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    hex += digits[static_cast<unsigned char>(b) >> 4];
    hex += digits[static_cast<unsigned char>(b) & 15];
  }
  return hex;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_bytes)

BOOST_AUTO_TEST_CASE(open_round_of_version_1) {
  const std::string golden =
      "000000000a000000000000000300010029000000000000002800000000000000dc05000000000000000000000500"
      "000001000000200000000000000002000000000000000000d03f000000000000e03f000000000000c03f";
  const auto got = read<open_round>(golden);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->round.value == 41u);
  BOOST_TEST(got->version.value == 40u);
  BOOST_TEST(got->deadline.count() == 1500);
  BOOST_TEST((got->work == local_work{update_kind::displacement, 32, 0, 2, 0.25, 0.5, 0.125}));
  BOOST_TEST(to_hex(seal(*got).frame().flatten()) == golden);
}

BOOST_AUTO_TEST_CASE(update_block_of_version_1) {
  const std::string golden =
      "01000000080000000100000000000000000000000200020029000000070000000300000000000000050000002a00"
      "000036000000000000006e6f6e6500000000020000000100000001000000420000000102030405060708";
  const auto got = read<update_block>(golden);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->round.value == 41u);
  BOOST_TEST(got->device.value == 7u);
  BOOST_TEST(got->block.value == 3u);
  BOOST_TEST(got->codec == "none");
  BOOST_REQUIRE(got->payload.size() == 8u);
  BOOST_TEST(std::to_integer<int>(got->payload.bytes()[0]) == 1);
  BOOST_TEST(std::to_integer<int>(got->payload.bytes()[7]) == 8);
}

BOOST_AUTO_TEST_SUITE_END()
