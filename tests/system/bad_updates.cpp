// This file has over 400 lines, because each attack needs a few.

#include "system/bad_updates.hpp"

#include <fmt/format.h>
#include <cmath>

#include <algorithm>
#include <cstring>
#include <limits>

namespace verge::test {

namespace {

/// Number of times that one message is sent again.
constexpr int many = 10'000;

/// It offers and sends this in place of an honest update.
attack sends(std::string name, std::function<void(upload&)> change, std::string reason) {
  return {std::move(name), update_fate::refused, [=](played_member& self, upload made) {
            change(made);
            BOOST_TEST(self.send(made) == reason);
            return std::vector{reason};
          }};
}

using misdeed = std::function<std::vector<std::string>(played_member&, const upload&)>;

/// Then it sends an honest update all the same.
attack before_its_update(std::string name, misdeed does) {
  return {std::move(name), update_fate::used, [=](played_member& self, const upload& honest) {
            auto reasons = does(self, honest);
            BOOST_TEST(self.send(honest) == "");
            return reasons;
          }};
}

attack after_its_update(std::string name, misdeed does) {
  return {std::move(name), update_fate::used, [=](played_member& self, const upload& honest) {
            BOOST_TEST(self.send(honest) == "");
            return does(self, honest);
          }};
}

// -- bytes ----------------------------------------------------------------------------------------

/// The bytes of the fields one after another, in memory that a message can share.
template <class... Fields>
shared_bytes packed(const Fields&... fields) {
  const std::size_t size = (sizeof fields + ... + 0);
  const auto memory = std::make_shared<std::vector<std::uint64_t>>(size / 8 + 1);
  std::size_t at = 0;
  const auto put = [&](const auto& field) {
    std::memcpy(reinterpret_cast<char*>(memory->data()) + at, &field, sizeof field);
    at += sizeof field;
  };
  (put(fields), ...);
  return {memory, std::as_bytes(std::span{*memory}).first(size)};
}

/// `size` bytes that begin with `bytes`.
shared_bytes resized(const shared_bytes& bytes, std::size_t size) {
  const auto memory = std::make_shared<std::vector<std::uint64_t>>(size / 8 + 1);
  if (bytes.size() > 0) std::memcpy(memory->data(), bytes.data(), std::min(size, bytes.size()));
  return {memory, std::as_bytes(std::span{*memory}).first(size)};
}

shared_bytes with_value(const shared_bytes& bytes, std::size_t place, double value) {
  auto changed = resized(bytes, bytes.size());
  std::memcpy(const_cast<std::byte*>(changed.data()) + place * sizeof value, &value, sizeof value);
  return changed;
}

void replace(upload& made, const shared_bytes& encoded) {
  const auto first = made.blocks.front();
  made.blocks.clear();
  for (const auto& part : split_encoded(encoded)) {
    const block_index index{static_cast<std::uint32_t>(made.blocks.size())};
    made.blocks.push_back({first.round, first.device, index, first.codec, part});
  }
  played_member::count(made);
}

/// A block with much in its message that no field shows.
sealed<update_block> padded(const update_block& block, std::size_t bytes) {
  auto segments = seal(block).frame().segments();
  const auto rest = std::make_shared<const std::vector<std::uint64_t>>(bytes / 8);
  segments.push_back({rest, *rest});
  return sealed<update_block>{frame{segments}};
}

// -- what a bad device does ----------------------------------------------------------------------

/// Sends one message that is refused `many` times, over several connections, because a thousand
/// refusals end a connection.
void repeat(played_member& self, const sealed<update_block>& message) {
  constexpr int on_one_connection = 900;
  for (int i = 1; i <= many; ++i) {
    BOOST_REQUIRE(self.link().is_answered<block_ack>(message));
    if (i % on_one_connection == 0) self.come_back();
  }
}

}  // namespace

std::vector<attack> bad_offers(const manifest& layout) {
  const auto whole = layout.parameter_count() * bytes_of(layout.type());
  const auto offers = [](const std::string& what, std::function<void(upload_request&)> change,
                         const std::string& reason) {
    return sends(
        what, [=](upload& made) { change(made.offer); }, "device 3 " + reason);
  };
  using offer = upload_request;
  return {
      offers(
          "2^31 samples", [](offer& o) { o.samples = 1u << 31; },
          "offers an update of 2147483648 samples; its work was 8"),
      offers(
          "2^63 samples", [](offer& o) { o.samples = std::uint64_t{1} << 63; },
          "offers an update of 9223372036854775808 samples; its work was 8"),
      offers(
          "2^32 - 1 steps", [](offer& o) { o.steps = 0xFFFFFFFF; },
          "offers an update of 4294967295 steps; its work was 1"),
      offers(
          "a block too few", [](offer& o) { o.blocks = 1; }, "offers 1 blocks; an update has 2"),
      offers(
          "2^32 - 1 blocks", [](offer& o) { o.blocks = 0xFFFFFFFF; },
          "offers 4294967295 blocks; an update has 2"),
      offers(
          "8 bytes more than there are", [](offer& o) { o.bytes += 8; },
          fmt::format("offers {} bytes; an update has at most {}", whole + 8, whole)),
      offers(
          "2^63 bytes", [](offer& o) { o.bytes = std::uint64_t{1} << 63; },
          fmt::format("offers 9223372036854775808 bytes; an update has at most {}", whole)),
      offers(
          "2^64 - 1 bytes", [](offer& o) { o.bytes = ~std::uint64_t{0}; },
          fmt::format("offers 18446744073709551615 bytes; an update has at most {}", whole)),
      offers(
          "a loss that is none", [](offer& o) { o.loss = std::nan(""); },
          "reports a loss that is not a number; training has diverged; a lower learning rate may "
          "help"),
  };
}

std::vector<attack> bad_values(const manifest& layout) {
  const auto last = layout.block(block_index{1}).elements - 1;
  const auto has = [](std::uint32_t block, std::size_t place, const char* tensor, double value) {
    return sends(
        fmt::format("{} in block {}", value, block),
        [=](upload& made) {
          auto& payload = made.blocks[block].payload;
          payload = with_value(payload, place, value);
        },
        fmt::format("device 3: the update has diverged: {} has a value that is not a number within "
                    "+-1048576; a lower learning rate may help",
                    tensor));
  };
  constexpr auto infinite = std::numeric_limits<double>::infinity();
  return {
      // A block holds 131,072 of fc1.weight's 784 x 200; the last value of all is a bias.
      has(0, 0, "fc1.weight", std::nan("")),  has(1, last, "fc3.bias", std::nan("")),
      has(0, 77, "fc1.weight", infinite),     has(1, last, "fc3.bias", -infinite),
      has(0, 5, "fc1.weight", 1048576.5),     has(1, 0, "fc1.weight", -1e300),
      has(1, 3, "fc1.weight", -std::nan("")),
  };
}

std::vector<attack> bad_blocks(const manifest& layout) {
  const auto whole = layout.parameter_count() * bytes_of(layout.type());
  const auto full = manifest::block_bytes;
  const auto rest = whole - full;
  const auto resize = [](upload& made, std::uint32_t block, std::size_t size) {
    made.blocks[block].payload = resized(made.blocks[block].payload, size);
  };
  const auto in_codec = [&](const std::string& codec) {
    return sends(
        "in codec " + codec, [=](upload& made) { made.blocks[1].codec = codec; },
        fmt::format("device 3: block 1 is encoded with '{}'; expected 'none'", codec));
  };
  return {
      sends(
          "a short block", [=](upload& made) { resize(made, 0, full - 8); },
          fmt::format("device 3: block 0 has {} bytes; expected {}", full - 8, full)),
      sends(
          "half a value", [=](upload& made) { resize(made, 1, rest - 4); },
          fmt::format("device 3: block 1 has {} bytes; expected {}", rest - 4, rest)),
      sends(
          "a long block and a short one",
          [=](upload& made) {
            resize(made, 0, full + 8);
            resize(made, 1, rest - 8);
          },
          fmt::format("device 3: block 0 has {} bytes; expected {}", full + 8, full)),
      sends(
          "more bytes than it offered", [=](upload& made) { resize(made, 1, rest + 8); },
          fmt::format("device 3 sent {} bytes or more; it offered {}", whole + 8, whole)),
      sends(
          "a small offer of all blocks", [](upload& made) { made.offer.bytes = 8; },
          fmt::format("device 3 sent {} bytes or more; it offered 8", full)),
      sends(
          "no bytes at all",
          [=](upload& made) {
            made.offer.bytes = 0;
            for (auto& block : made.blocks) block.payload = {};
          },
          fmt::format("device 3: block 0 has 0 bytes; expected {}", full)),
      sends(
          "block 4,000,000,000",
          [](upload& made) { made.blocks[0].block = block_index{4'000'000'000}; },
          "device 3 sent block 4000000000; an update has 2"),
      sends(
          "the block behind the last", [](upload& made) { made.blocks[1].block = block_index{2}; },
          "device 3 sent block 2; an update has 2"),
      in_codec("topk(0.01)"),
      in_codec("gzip"),
      in_codec("model"),
      sends(
          "in no codec", [](upload& made) { made.blocks[0].codec.clear(); },
          "device 3 sent block 0 without a codec"),
      {fmt::format("{} duplicates after a grant", many), update_fate::refused,
       [](played_member& self, const upload& made) {
         BOOST_TEST(self.offer(made.offer) == "");
         BOOST_TEST(self.link().ask<block_ack>(seal(made.blocks[0]))->refused_because == "");
         auto small = made.blocks[0];
         small.payload = packed(0.0);
         repeat(self, seal(small));
         return std::vector<std::string>{
             "device 3 sent block 0 twice",
             fmt::format("device 3 sent a block without a grant in round {}",
                         made.offer.round.value)};
       }},
  };
}

std::vector<attack> words_out_of_place() {
  const auto of_round = [](upload made, std::uint32_t round) {
    made.offer.round = round_id{round};
    for (auto& block : made.blocks) block.round = round_id{round};
    return made;
  };
  return {
      before_its_update("updates of other rounds",
                        [=](played_member& self, const upload& honest) {
                          std::vector<std::string> reasons;
                          const auto open = honest.offer.round.value;
                          for (const auto round : {0u, open - 1, open + 1, 0xFFFFFFFFu}) {
                            const auto other = of_round(honest, round);
                            reasons.push_back(fmt::format(
                                "device 3 sent an update for round {}; the open round is {}", round,
                                open));
                            BOOST_TEST(self.send(other) == reasons.back());
                            BOOST_TEST(self.send_blocks(other, 0) == reasons.back());
                          }
                          return reasons;
                        }),
      before_its_update("a block without a grant",
                        [](played_member& self, const upload& honest) {
                          const auto why =
                              fmt::format("device 3 sent a block without a grant in round {}",
                                          honest.offer.round.value);
                          BOOST_TEST(self.send_blocks(honest, 1) == why);
                          return std::vector{why};
                        }),
      before_its_update("no samples, and no steps",
                        [](played_member& self, const upload& honest) {
                          auto without = honest.offer;
                          without.samples = 0;
                          BOOST_TEST(self.offer(without) == "(no answer)");
                          without = honest.offer;
                          without.steps = 0;
                          BOOST_TEST(self.offer(without) == "(no answer)");
                          return std::vector<std::string>{
                              "device 3 offers an update of 0 samples in 1 steps",
                              "device 3 offers an update of 8 samples in 0 steps"};
                        }),
      before_its_update(
          "blocks of a model that there are not",
          [](played_member& self, const upload& honest) {
            model_request request{
                honest.offer.round, self.number(), {}, block_index{4'000'000'000}};
            const auto open = honest.offer.round.value;
            request.version = model_version{open - 1};  // every round has been committed
            const auto why = [&] {
              return self.link().ask<model_block>(seal(request))->refused_because;
            };
            std::vector<std::string> reasons{"device 3 asks for block 4000000000; there are 2"};
            BOOST_TEST(why() == reasons.back());
            request.version = model_version{std::uint64_t{1} << 63};
            reasons.push_back(
                fmt::format("device 3 asks for version 9223372036854775808 of the model; "
                            "the server has version {}",
                            open - 1));
            BOOST_TEST(why() == reasons.back());
            return reasons;
          }),
      before_its_update("a message much longer than what it says",
                        [](played_member& self, const upload& honest) {
                          auto small = honest.blocks[0];
                          small.payload = packed(0.0);
                          const auto message = padded(small, 15u << 20);
                          BOOST_TEST(!self.link().is_answered<block_ack>(message));
                          return std::vector{
                              fmt::format("update_block: a message of {} bytes for a payload of 8",
                                          message.encoded_size())};
                        }),
      {"half an update, and the link lost", update_fate::used,
       [](played_member& self, const upload& honest) {
         BOOST_TEST(self.offer(honest.offer) == "");
         BOOST_TEST(self.link().ask<block_ack>(seal(honest.blocks[1]))->refused_because == "");
         self.come_back();
         BOOST_TEST((self.link().next_order().round == honest.offer.round));
         BOOST_TEST(self.send(honest) == "");
         return std::vector<std::string>{};
       }},
      {"a second offer", update_fate::used,
       [](played_member& self, const upload& honest) {
         const auto why = fmt::format("device 3 has offered its update of round {} already",
                                      honest.offer.round.value);
         BOOST_TEST(self.offer(honest.offer) == "");
         BOOST_TEST(self.offer(honest.offer) == why);
         BOOST_TEST(self.send_blocks(honest, 0) == "");
         BOOST_TEST(self.offer(honest.offer) == why);
         return std::vector{why};
       }},
      after_its_update(fmt::format("{} duplicates of a finished update", many),
                       [](played_member& self, const upload& honest) {
                         const auto why =
                             fmt::format("device 3 sent a block without a grant in round {}",
                                         honest.offer.round.value);
                         auto small = honest.blocks[0];
                         small.payload = packed(0.0);
                         BOOST_TEST(self.send_blocks(honest, 1) == why);
                         repeat(self, seal(small));
                         return std::vector{why};
                       }),
      after_its_update(fmt::format("giving up {} times", many),
                       [](played_member& self, const upload& honest) {
                         const auto round = honest.offer.round;
                         for (int i = 0; i < many; ++i) self.give_up(round, "so it says");
                         self.come_back();
                         return std::vector{fmt::format(
                             "device 3 gives up round {} without an order", round.value)};
                       }),
  };
}

std::vector<attack> bad_encodings(const manifest& layout, const std::string& codec) {
  const auto most = update_codec::make(codec, layout)->most_bytes();
  const auto encoded = [](const std::string& what, const shared_bytes& bytes,
                          const std::string& reason) {
    return sends(
        what, [=](upload& made) { replace(made, bytes); }, "device 3: " + reason);
  };
  const auto header = [](std::uint8_t flags, auto... rest) {
    return packed(std::uint8_t{1}, flags, std::uint8_t{0}, std::uint8_t{0}, std::uint32_t{1},
                  std::uint32_t{2}, rest...);
  };
  const std::uint32_t weights = 200 * 784;
  constexpr std::uint8_t plain = 0, zstd = 1;
  const std::uint32_t all = 0xFFFFFFFF;
  const auto huge = std::uint64_t{1} << 63;
  return {
      encoded("2^32 - 1 values in the header", header(plain, all),
              fmt::format("fc1.weight: 4294967295 values of a tensor that has {}", weights)),
      encoded("all values, in 4 bytes", header(plain, weights, all),
              fmt::format("fc1.weight: {} values announced in 4 bytes", weights)),
      encoded("a Golomb parameter of 255", header(plain, std::uint32_t{1}, std::uint8_t{255}),
              "fc1.weight: a Golomb parameter of 255, at most 31"),
      encoded("a gap of 2^31", header(plain, std::uint32_t{1}, std::uint8_t{31}, all),
              fmt::format("fc1.weight: a gap that leads beyond a tensor of {}", weights)),
      encoded(
          "2^63 bytes packed by zstd", header(zstd, huge),
          fmt::format("9223372036854775808 bytes packed by zstd; an update has at most {}", most)),
      // A frame of zstd with one empty block.
      encoded("2^63 bytes in zstd's own header",
              header(zstd, most, std::uint32_t{0xFD2FB528}, std::uint8_t{0xE0}, huge,
                     std::uint8_t{1}, std::uint16_t{0}),
              fmt::format("zstd: a frame of 9223372036854775808 bytes unpacked, announced were {}",
                          most)),
      encoded("half a header", packed(std::uint8_t{1}), "1 bytes, cut in the header of 12"),
      encoded("another format", packed(std::uint8_t{2}, std::uint8_t{0}, std::uint16_t{0}, huge),
              "format 2; this end knows format 1"),
      encoded("as many zeros as an update may have bytes", resized({}, most),
              "format 0; this end knows format 1"),
      sends(
          "2^63 bytes", [=](upload& made) { made.offer.bytes = huge; },
          fmt::format("device 3 offers 9223372036854775808 bytes; an update has at most {}", most)),
      sends(
          "2^32 - 1 blocks", [=](upload& made) { made.offer.blocks = all; },
          "device 3 offers 4294967295 blocks; an update has 1"),
      sends(
          "in another codec", [](upload& made) { made.blocks[0].codec = "int8"; },
          fmt::format("device 3: block 0 is encoded with 'int8'; expected '{}'", codec)),
      sends(
          "without a codec's work", [](upload& made) { made.blocks[0].codec = codec_none; },
          fmt::format("device 3: block 0 is encoded with 'none'; expected '{}'", codec)),
      {"an infinite value", update_fate::refused,
       [](played_member& self, const upload& honest) {
         flat_buffer update{self.layout().type(), self.layout().parameter_count()};
         update.as<float>()[7] = std::numeric_limits<float>::infinity();
         open_round order;
         order.round = honest.offer.round;
         order.work.batch_size = static_cast<std::uint32_t>(honest.offer.samples);
         const std::string why =
             "device 3: fc1.weight has a value that is not a number within +-1048576";
         BOOST_TEST(self.send(self.upload_of(order, update)) == why);
         return std::vector{why};
       }},
  };
}

}  // namespace verge::test
