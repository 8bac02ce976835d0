#include "model/codecs/zstd_stage.hpp"

#include <zstd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>

#include "model/codecs/stage_list.hpp"

using namespace verge::codecs;

namespace {

using bytes_of = std::vector<std::byte>;

/// All tests share these contexts, so what a damaged frame leaves there meets the next frame.
zstd_contexts work;

bytes_of random_bytes(std::size_t count, unsigned mask, std::uint64_t seed = 1) {
  std::mt19937_64 random{seed};
  bytes_of bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random() & mask);
  return bytes;
}

bytes_of compressed(const bytes_of& bytes, int level = 3) {
  byte_writer out;
  BOOST_REQUIRE(zstd_compress(work, bytes, level, out));
  return {out.bytes().begin(), out.bytes().end()};
}

/// A frame from a sender that follows none of Verge's conventions.
bytes_of foreign_frame(const bytes_of& bytes, bool says_its_size) {
  bytes_of frame(ZSTD_compressBound(bytes.size()));
  auto* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, says_its_size ? 1 : 0);
  frame.resize(ZSTD_compress2(context, frame.data(), frame.size(), bytes.data(), bytes.size()));
  ZSTD_freeCCtx(context);
  return frame;
}

std::string refusal_of(const bytes_of& packed, std::uint64_t raw_size) {
  bytes_of out;
  return zstd_decompress(work, packed, raw_size, out);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(zstd_stage_test)

BOOST_AUTO_TEST_CASE(bytes_come_back_from_every_level) {
  const auto bytes = random_bytes(100'000, 0x0F);
  for (int level = 1; level <= 19; level += 3) {
    const auto packed = compressed(bytes, level);
    BOOST_TEST(packed.size() < bytes.size() * 6 / 10);
    bytes_of back;
    BOOST_REQUIRE_EQUAL(zstd_decompress(work, packed, bytes.size(), back), "");
    BOOST_TEST((back == bytes));
  }
}

BOOST_AUTO_TEST_CASE(the_level_is_what_the_text_says) {
  BOOST_TEST(read_recipe("int8+zstd").zstd_level == 3);
  BOOST_TEST(read_recipe("int8+zstd(19)").zstd_level == 19);
  BOOST_TEST(read_recipe("zstd(level=1)").zstd_level == 1);
  BOOST_TEST(read_recipe("int8").zstd_level == 0);
}

BOOST_AUTO_TEST_CASE(compressed_bytes_go_behind_what_is_there) {
  byte_writer out;
  out.put(std::uint32_t{0x01020304});
  BOOST_REQUIRE(zstd_compress(work, bytes_of(1000), 3, out));
  std::uint32_t front = 0;
  std::memcpy(&front, out.bytes().data(), sizeof front);
  BOOST_TEST(front == 0x01020304u);
  bytes_of back;
  const auto packed = out.bytes().subspan(sizeof front);
  BOOST_REQUIRE_EQUAL(zstd_decompress(work, packed, 1000, back), "");
  BOOST_TEST((back == bytes_of(1000)));
}

BOOST_AUTO_TEST_CASE(what_would_not_get_smaller_is_not_written) {
  byte_writer out;
  out.put(std::uint16_t{7});
  BOOST_TEST(!zstd_compress(work, random_bytes(5000, 0xFF), 3, out));
  BOOST_TEST(!zstd_compress(work, random_bytes(1, 0xFF), 3, out));
  BOOST_TEST(!zstd_compress(work, {}, 3, out));
  BOOST_TEST(out.size() == sizeof(std::uint16_t));
}

BOOST_AUTO_TEST_CASE(a_bomb_is_refused_before_memory_is_taken) {
  const auto bomb = compressed(bytes_of(50'000'000));
  BOOST_TEST(bomb.size() < 5000u);
  bytes_of out;
  BOOST_TEST(zstd_decompress(work, bomb, 1000, out) ==
             "zstd: a frame of 50000000 bytes unpacked, announced were 1000");
  BOOST_TEST(out.capacity() == 0u);
}

BOOST_AUTO_TEST_CASE(an_announcement_larger_than_the_frame_is_refused_before_memory_is_taken) {
  bytes_of out;
  const auto packed = compressed(bytes_of(1000));
  BOOST_TEST(zstd_decompress(work, packed, std::uint64_t{1} << 50, out) != "");
  BOOST_TEST(out.capacity() == 0u);
}

BOOST_AUTO_TEST_CASE(a_frame_that_lies_about_its_size_is_refused) {
  auto packed = compressed(bytes_of(1000));
  // The size is behind the magic number (4 bytes) and the descriptor, as 16 bits, 256 less than the
  // size itself.
  std::uint16_t size = 0;
  std::memcpy(&size, packed.data() + 5, sizeof size);
  BOOST_REQUIRE_EQUAL(size, 1000 - 256);
  for (const std::uint16_t lie : {0, 100, 743, 745, 60000}) {
    std::memcpy(packed.data() + 5, &lie, sizeof lie);
    const auto why = refusal_of(packed, std::uint64_t{lie} + 256);
    BOOST_TEST(why.starts_with("zstd: "));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_does_not_say_its_size_is_refused) {
  const auto bytes = random_bytes(1000, 0x01);
  BOOST_TEST(refusal_of(foreign_frame(bytes, true), 1000) == "");
  BOOST_TEST(refusal_of(foreign_frame(bytes, false), 1000) ==
             "zstd: a frame that does not say its size");
}

BOOST_AUTO_TEST_CASE(anything_but_one_whole_frame_is_refused) {
  const auto packed = compressed(random_bytes(1000, 0x03));
  for (std::size_t length = 0; length < packed.size(); ++length)
    BOOST_TEST(refusal_of({packed.begin(), packed.begin() + length}, 1000).starts_with("zstd: "));
  auto more = packed;
  more.push_back(std::byte{0});
  BOOST_TEST(refusal_of(more, 1000).starts_with("zstd: a frame of "));
  auto twice = packed;
  twice.insert(twice.end(), packed.begin(), packed.end());
  BOOST_TEST(refusal_of(twice, 2000).starts_with("zstd: a frame of "));
}

BOOST_AUTO_TEST_CASE(damaged_frames_give_a_reason_or_bytes_of_the_announced_size) {
  const auto packed = compressed(random_bytes(2000, 0x03));
  std::mt19937_64 random{2};
  std::size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto damaged = packed;
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);
    bytes_of out;
    if (zstd_decompress(work, damaged, 2000, out).empty())
      BOOST_TEST(out.size() == 2000u);
    else
      ++refused;
  }
  BOOST_TEST(refused > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
