#include "actors/link/compressor.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "support/made_updates.hpp"
#include "support/manual_system.hpp"

using namespace verge;
using namespace verge::test;

namespace {

struct compressor_setup {
  explicit compressor_setup(manifest l = four_block_layout(scalar::float32))
      : layout(std::move(l)), compressor(spawn_compressor(system.actors(), layout)) {}

  encoded_update encode(const trained_update& made) {
    return *system.ask<encoded_update>(
        compressor, encode_update{round_id{3}, device_id{2}, made.update, made.moments});
  }

  /// Decodes the update of a device as the server would ask for it.
  decode_update received(const encoded_update& encoded) {
    decode_update out{device_id{2}, {}, {}};
    for (const auto& message : encoded.blocks) {
      const auto block = *unseal(message);
      out.codecs.push_back(block.codec);
      out.payloads.push_back(block.payload);
    }
    return out;
  }

  std::string refusal_of(const decode_update& update) {
    const auto decoded = *system.ask<decoded_update>(compressor, update);
    BOOST_TEST(decoded.refused_because.empty() == (decoded.blocks != nullptr));
    return decoded.refused_because;
  }

  manual_system system;
  manifest layout;
  compressor_actor compressor;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(compressor_test)

BOOST_AUTO_TEST_CASE(an_update_goes_through_codec_none_in_the_memory_it_was_made_in) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    compressor_setup s{four_block_layout(type)};
    const auto made = made_update(s.layout, device_id{2}, round_id{3}, {});
    const auto encoded = s.encode(made);
    BOOST_TEST(encoded.blocks.size() == 4u);
    BOOST_TEST(encoded.payload_bytes == made.update.size_bytes() + made.moments.size_bytes());
    const auto decoded = *s.system.ask<decoded_update>(s.compressor, s.received(encoded));
    BOOST_TEST(decoded.refused_because == "");
    BOOST_REQUIRE(decoded.blocks != nullptr);
    for (std::uint32_t i = 0; i < 4; ++i) {
      const auto message = *unseal(encoded.blocks[i]);
      BOOST_TEST(message.round.value == 3u);
      BOOST_TEST(message.device.value == 2u);
      BOOST_TEST(message.block.value == i);
      const auto range = s.layout.block(block_index{i});
      const auto& buffer = range.statistics ? made.moments : made.update;
      BOOST_TEST((*decoded.blocks)[i].data() == buffer.data() + range.offset * bytes_of(type));
      BOOST_TEST((*decoded.blocks)[i].size() == range.elements * bytes_of(type));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_update_that_crossed_a_socket_has_the_same_bytes) {
  compressor_setup s;
  const auto made = made_update(s.layout, device_id{2}, round_id{3}, {});
  auto encoded = s.encode(made);
  for (auto& message : encoded.blocks)
    message = sealed<update_block>{*frame::parse(message.frame().flatten())};
  const auto decoded = *s.system.ask<decoded_update>(s.compressor, s.received(encoded));
  const auto original = split_blocks(s.layout, made.update, made.moments);
  for (std::size_t i = 0; i < original.size(); ++i) {
    const auto got = (*decoded.blocks)[i].bytes();
    BOOST_TEST((*decoded.blocks)[i].data() != original[i].data());
    BOOST_TEST(
        std::equal(got.begin(), got.end(), original[i].bytes().begin(), original[i].bytes().end()));
  }
}

BOOST_AUTO_TEST_CASE(an_update_that_cannot_be_decoded_is_refused_with_a_sentence) {
  compressor_setup s;
  const auto made = made_update(s.layout, device_id{2}, round_id{3}, {});
  const auto honest = s.received(s.encode(made));
  BOOST_TEST(s.refusal_of(honest) == "");

  auto foreign = honest;
  foreign.codecs[1] = "gzip";
  BOOST_TEST(s.refusal_of(foreign) == "device 2: block 1 is encoded with 'gzip'; expected 'none'");

  auto cut = honest;
  cut.payloads[2] = {cut.payloads[2].owner(), cut.payloads[2].bytes().first(24)};
  BOOST_TEST(s.refusal_of(cut) == "device 2: block 2 has 24 bytes; expected 28");

  auto empty = honest;
  empty.payloads[3] = {};
  BOOST_TEST(s.refusal_of(empty) == "device 2: block 3 has 0 bytes; expected 16");
}

BOOST_AUTO_TEST_CASE(an_unusable_value_is_refused_wherever_it_is) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    compressor_setup s{four_block_layout(type)};
    const auto in_block = manifest::block_bytes / bytes_of(type);
    const auto refusal_with = [&](std::size_t place, bool in_moments, double bad) {
      const auto made = made_update(s.layout, device_id{2}, round_id{3}, {});
      auto buffer = in_moments ? made.moments : made.update;
      const double kept = value_of(buffer, place);
      fill(buffer, [&](std::size_t i) { return i == place ? bad : kept; });
      return s.refusal_of(s.received(s.encode(made)));
    };
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                             -std::numeric_limits<double>::infinity(), 1048577.0}) {
      const auto naming = [](const std::string& tensor) {
        return "device 2: the update has diverged: " + tensor +
               " has a value that is not a number within +-1048576; a lower learning rate may help";
      };
      BOOST_TEST(refusal_with(0, false, bad) == naming("weight"));
      BOOST_TEST(refusal_with(2 * in_block + 6, false, bad) == naming("weight"));
      BOOST_TEST(refusal_with(1, true, bad) == naming("norm.running_mean"));
      BOOST_TEST(refusal_with(2, true, bad) == naming("norm.running_var"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_model_goes_through_codec_none_in_its_own_memory) {
  compressor_setup s;
  auto state = made_state(s.layout);
  state.batches_tracked = 17;
  const auto encoded = *s.system.ask<encoded_model>(
      s.compressor, encode_model{model_version{5}, split_blocks(s.layout, state)});
  decode_model received{model_version{5}, {}, {}};
  for (const auto& message : encoded.blocks) received.blocks.push_back(*unseal(message));
  const auto decoded = *s.system.ask<decoded_model>(s.compressor, received);
  BOOST_TEST(decoded.refused_because == "");
  BOOST_TEST(decoded.model.batches_tracked == 17);
  BOOST_REQUIRE(decoded.model.blocks.size() == 4u);
  BOOST_TEST(decoded.model.blocks[0].data() == state.parameters.data());
  BOOST_TEST(decoded.model.blocks[3].data() == state.statistics.data());
  for (const auto& block : received.blocks) BOOST_TEST(block.version.value == 5u);

  received.blocks[1].payload = {};
  const auto refused = *s.system.ask<decoded_model>(s.compressor, received);
  BOOST_TEST(refused.refused_because == "model version 5: block 1 has 0 bytes; expected 1048576");
}

BOOST_AUTO_TEST_SUITE_END()
