// Bytes of version 1 of the protocol, as Cap'n Proto's own tool (capnp encode) writes them for the
// schema. The exception is update_block, whose payload Verge writes in a segment of its own. Later
// versions must still read these bytes: a change of the schema that breaks one of them is not an
// evolution but a new protocol. Where a message has grown, its earlier bytes are here too.

#include <boost/test/unit_test.hpp>

#include "messages/node_messages.hpp"
#include "messages/round_messages.hpp"

using namespace verge;

namespace {

std::vector<char> from_hex(const std::string& hex) {
  std::vector<char> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <class T>
T read(const std::string& hex) {
  const auto parsed = frame::parse(from_hex(hex));
  BOOST_REQUIRE(parsed);
  const auto message = unseal(sealed<T>{*parsed});
  BOOST_REQUIRE(message);
  return *message;
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

/// Returns the message in `golden`, which must also be the bytes of writing it again.
template <class T>
T read_and_written(const std::string& golden) {
  const auto message = read<T>(golden);
  BOOST_TEST(to_hex(seal(message).frame().flatten()) == golden);
  return message;
}

void check_block_3_of_version_40(const model_block& got) {
  BOOST_TEST(got.version.value == 40u);
  BOOST_TEST(got.block.value == 3u);
  BOOST_TEST(got.batches_tracked == 11);
  BOOST_REQUIRE(got.payload.size() == 8u);
  BOOST_TEST(std::to_integer<int>(got.payload.bytes()[7]) == 8);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_bytes)

BOOST_AUTO_TEST_CASE(open_round_before_it_had_a_proximal_term) {
  const auto got = read<open_round>(
      "000000000a000000000000000300010029000000000000002800000000000000dc05000000000000000000000500"
      "000001000000200000000000000002000000000000000000d03f000000000000e03f000000000000c03f");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.version.value == 40u);
  BOOST_TEST(got.deadline.count() == 1500);
  BOOST_TEST((got.work == local_work{update_kind::displacement, 32, 0, 2, 0.25, 0.5, 0.125, 0.0}));
}

BOOST_AUTO_TEST_CASE(open_round_of_version_3) {
  const auto got = read_and_written<open_round>(
      "000000000b000000000000000300010029000000000000002800000000000000dc05000000000000000000000600"
      "000001000000200000000000000002000000000000000000d03f000000000000e03f000000000000c03f00000000"
      "0000b03f");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.version.value == 40u);
  BOOST_TEST(got.deadline.count() == 1500);
  BOOST_TEST(
      (got.work == local_work{update_kind::displacement, 32, 0, 2, 0.25, 0.5, 0.125, 0.0625}));
}

BOOST_AUTO_TEST_CASE(update_block_of_version_1) {
  const auto got = read<update_block>(
      "01000000080000000100000000000000000000000200020029000000070000000300000000000000050000002a00"
      "000036000000000000006e6f6e6500000000020000000100000001000000420000000102030405060708");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.block.value == 3u);
  BOOST_TEST(got.codec == "none");
  BOOST_REQUIRE(got.payload.size() == 8u);
  BOOST_TEST(std::to_integer<int>(got.payload.bytes()[0]) == 1);
  BOOST_TEST(std::to_integer<int>(got.payload.bytes()[7]) == 8);
}

BOOST_AUTO_TEST_CASE(join_of_version_1) {
  const auto got = read_and_written<join>(
      "000000000d0000000000000002000200010000000900000070170000000000000500000002010000110000001600"
      "00007878787878787878787878787878787878787878787878787878787878787878050000002a00000005000000"
      "2a0000006e6f6e6500000000746f706b00000000");
  BOOST_TEST(got.protocol == 1u);
  BOOST_TEST(got.manifest_hash == std::string(32, 'x'));
  BOOST_TEST(got.device.value == 9u);
  BOOST_TEST(got.samples == 6000u);
  BOOST_TEST((got.codecs == std::vector<std::string>{"none", "topk"}));
}

BOOST_AUTO_TEST_CASE(welcome_of_version_1) {
  const auto got =
      read<welcome>("00000000030000000000000000000100010000001a0000006e6f000000000000");
  BOOST_TEST(got.refused_because == "no");
  BOOST_TEST(got.last_used.value == 0u);
}

BOOST_AUTO_TEST_CASE(welcome_with_the_last_round_that_was_used) {
  const auto got = read_and_written<welcome>(
      "000000000400000000000000010001000700000000000000010000001a0000006e6f000000000000");
  BOOST_TEST(got.refused_because == "no");
  BOOST_TEST(got.last_used.value == 7u);
}

BOOST_AUTO_TEST_CASE(the_messages_before_a_join_of_version_1) {
  const auto greeting = read_and_written<hello>(
      "000000000400000000000000010001000100000000000000010000003a00000074696c6c2d370000");
  BOOST_TEST(greeting.protocol == 1u);
  BOOST_TEST(greeting.name == "till-7");
  const auto proved = read_and_written<proof>(
      "000000000400000000000000010001000400000000000000010000001a0000007369670000000000");
  BOOST_TEST(proved.signature == "sig");
  BOOST_TEST(proved.wants->value == 3u);
  const auto admitted = read_and_written<admission>(
      "000000000400000000000000010001000900000000000000010000001a0000006e6f000000000000");
  BOOST_TEST(admitted.refused_because == "no");
  BOOST_TEST(admitted.device.value == 9u);
  const auto over = read_and_written<run_over>(
      "000000000400000000000000010001000100000000000000010000001a0000006e6f000000000000");
  BOOST_TEST(over.failure == "no");
  BOOST_TEST(over.is_unfinished);
  // Bytes from before a run could be resumed.
  const auto earlier =
      read<run_over>("00000000030000000000000000000100010000001a0000006e6f000000000000");
  BOOST_TEST(earlier.failure == "no");
  BOOST_TEST(!earlier.is_unfinished);
}

BOOST_AUTO_TEST_CASE(invitation_of_version_1) {
  const auto got = read<invitation>(
      "000000002600000000000000010003000000000000000000000000000000000005000000020100001000000006"
      "000b0061626364656667686162636465666768616263646566676861626364656667680500000000000000040000"
      "000200000002000000010000001c0000001c0000000a00000002000000640000000000000029000000820000002d"
      "000000120000002d0000001a0000002d0000002a0000002d000000320000002d000000220000002d0000002a0000"
      "002d000000320000002d000000220000002d0000000c0000002d0000000c00000030313233343536373839616263"
      "64656678000000000000006c620000000000006e6f6e65000000006d6f64656c0000006d6c7000000000006e6f6e"
      "65000000006d6e69737400000069696400000000000000003f000000000000803e00000000");
  BOOST_TEST(got.challenge == "abcdefghabcdefghabcdefghabcdefgh");
  BOOST_TEST(got.terms.run_id == "0123456789abcdef");
  BOOST_TEST(got.terms.arm == "lb");
  BOOST_TEST(got.terms.devices == 4u);
  BOOST_TEST(got.terms.codec_down == "model");
  BOOST_TEST(got.terms.train_samples == 100u);
  BOOST_TEST((got.terms.deviation == std::vector<float>{0.25f}));
  BOOST_TEST(got.terms.flip);
  BOOST_TEST(got.terms.crop_padding == 2u);
  BOOST_TEST(got.terms.shares_statistics);
  BOOST_TEST(!got.terms.shares_controls);
  BOOST_TEST(got.terms.data_samples == 0u);
  BOOST_TEST(got.terms.labels_hash == "");
  BOOST_TEST(!got.is_over);
}

BOOST_AUTO_TEST_CASE(invitation_with_the_labels_that_are_shared) {
  const auto got = read<invitation>(
      "000000002c0000000000000001000400000000000000000000000000000000000900000002010000140000000700"
      "0c000000000000000000616263646566676861626364656667686162636465666768616263646566676800000000"
      "00000000040000000200000002000000010000001c0000001c0000000a0000000200000064000000000000006400"
      "0000000000002d0000008200000000000000000000002d0000001a0000002d0000002a0000002d00000032000000"
      "2d000000220000002d0000002a0000002d000000320000002d000000220000002d0000000c0000002d0000000c00"
      "00002d00000002010000303132333435363738396162636465666c620000000000006e6f6e65000000006d6f6465"
      "6c0000006d6c7000000000006e6f6e65000000006d6e69737400000069696400000000000000003f000000000000"
      "803e000000004142434445464748494a4b4c4d4e4f505152535455565758595a303132333435");
  BOOST_TEST(got.terms.run_id == "0123456789abcdef");
  BOOST_TEST(got.terms.crop_padding == 2u);
  BOOST_TEST(got.terms.data_samples == 100u);
  BOOST_TEST(got.terms.labels_hash == "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345");
}

BOOST_AUTO_TEST_CASE(decline_of_version_3) {
  const auto got =
      read_and_written<decline>("00000000030000000000000000000100010000001a0000006e6f000000000000");
  BOOST_TEST(got.reason == "no");
}

BOOST_AUTO_TEST_CASE(model_request_of_version_1) {
  const auto got = read_and_written<model_request>(
      "00000000050000000000000004000000290000000700000028000000000000000300000000000000270000000000"
      "0000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.version.value == 40u);
  BOOST_TEST(got.block.value == 3u);
  BOOST_TEST((got.holds == model_version{38}));
}

BOOST_AUTO_TEST_CASE(download_ended_of_version_2) {
  const auto got =
      read_and_written<download_ended>("000000000200000000000000010000002900000007000000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
}

BOOST_AUTO_TEST_CASE(model_request_before_it_said_what_the_device_holds) {
  const auto got = read<model_request>(
      "00000000040000000000000003000000290000000700000028000000000000000300000000000000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.version.value == 40u);
  BOOST_TEST(got.block.value == 3u);
  BOOST_TEST(!got.holds.has_value());
}

BOOST_AUTO_TEST_CASE(model_block_of_version_1) {
  const auto got = read<model_block>(
      "000000000a0000000000000003000300280000000000000003000000050000000b00000000000000090000000a00"
      "0000090000002a00000009000000420000000000000000000000696e7438000000000102030405060708");
  check_block_3_of_version_40(got);
  BOOST_TEST(got.codec == "int8");
  BOOST_TEST(got.blocks == 5u);
}

BOOST_AUTO_TEST_CASE(model_block_before_it_said_how_many_there_are) {
  const auto got = read<model_block>(
      "000000000a0000000000000003000300280000000000000003000000000000000b00000000000000090000000a00"
      "0000090000002a000000090000004200000000000000000000006e6f6e65000000000102030405060708");
  check_block_3_of_version_40(got);
  BOOST_TEST(got.codec == "none");
  BOOST_TEST(got.blocks == 0u);
}

BOOST_AUTO_TEST_CASE(upload_request_of_version_2) {
  const auto got = read_and_written<upload_request>(
      "0000000007000000000000000600000029000000070000003c000000000000000200000004000000000000000000"
      "e03fe803000000000000000000000000d03f");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.samples == 60u);
  BOOST_TEST(got.steps == 2u);
  BOOST_TEST(got.loss == 0.5);
  BOOST_TEST(got.blocks == 4u);
  BOOST_TEST(got.bytes == 1000u);
  BOOST_TEST(got.compute.count() == 0.25);
}

BOOST_AUTO_TEST_CASE(upload_request_before_it_said_how_long_the_work_took) {
  const auto got = read<upload_request>(
      "0000000006000000000000000500000029000000070000003c000000000000000200000004000000000000000000"
      "e03fe803000000000000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.bytes == 1000u);
  BOOST_TEST(got.compute.count() == 0.0);
}

BOOST_AUTO_TEST_CASE(upload_grant_of_version_1) {
  const auto got = read_and_written<upload_grant>(
      "000000000400000000000000010001002900000000000000010000002a0000006c61746500000000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.refused_because == "late");
}

BOOST_AUTO_TEST_CASE(block_ack_of_version_1) {
  const auto got = read_and_written<block_ack>(
      "0000000005000000000000000200010029000000030000000100000000000000010000000a000000000000000000"
      "0000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.block.value == 3u);
  BOOST_TEST(got.counted);
  BOOST_TEST(got.refused_because == "");
}

BOOST_AUTO_TEST_CASE(work_failed_of_version_1) {
  const auto got = read_and_written<work_failed>(
      "00000000050000000000000002000100290000000700000001000000000000000100000022000000776879000000"
      "0000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.reason == "why");
  BOOST_TEST(got.unusable);
}

BOOST_AUTO_TEST_CASE(work_failed_before_it_told_failed_from_useless) {
  const auto got = read<work_failed>(
      "00000000040000000000000001000100290000000700000001000000220000007768790000000000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST(got.device.value == 7u);
  BOOST_TEST(got.reason == "why");
  BOOST_TEST(!got.unusable);
}

BOOST_AUTO_TEST_CASE(round_outcome_of_version_1) {
  const auto got = read_and_written<round_outcome>(
      "00000000050000000000000002000100290000000100000028000000000000000100000022000000776879000000"
      "0000");
  BOOST_TEST(got.round.value == 41u);
  BOOST_TEST((got.fate == update_fate::late));
  BOOST_TEST(got.reason == "why");
  BOOST_TEST(got.version.value == 40u);
}

BOOST_AUTO_TEST_SUITE_END()
