#include "actors/link/downlink.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>

#include "actors/server/model_shelf.hpp"
#include "support/noise.hpp"
#include "verge/model/strategy.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint32_t rounds = 200;
constexpr double largest_step = 0.01;

/// A matrix, a vector that travels dense, and norm statistics.
manifest small_model() {
  manifest layout{scalar::float32};
  layout.add("weight", {20, 300}, tensor_role::parameter);
  layout.add("bias", {7}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  return layout;
}

/// A step with mostly small values and a few large ones, as real steps have.
flat_buffer made_step(const manifest& layout, std::uint32_t round) {
  flat_buffer step{scalar::float32, layout.parameter_count()};
  fill(step, [&](std::size_t i) { return largest_step * std::pow(noise(5, round, 0, i), 5); });
  return step;
}

/// In one round of five the device is not asked, or its download is lost.
bool is_downloaded(std::uint32_t round) {
  return noise(8, round, 0, 0) > -0.6;
}

/// The server's end of a downlink and one device's end.
struct downlink_ends {
  explicit downlink_ends(std::string text)
      : codec(std::move(text)), server(layout, {.down = codec}), device(layout, {.down = codec}) {
    model = {flat_buffer{scalar::float32, layout.parameter_count()},
             flat_buffer{scalar::float32, layout.statistic_count()}, 0};
    fill(model.parameters, [](std::size_t i) { return noise(6, 0, 0, i); });
    publish();
  }

  /// Moves the server's model by the part of `step` that is sent, and returns that part.
  flat_buffer commit(const flat_buffer& step) {
    const auto encoded = server.encode(encode_step{model_version{++version}, step.clone()});
    BOOST_REQUIRE(encoded.failure == "");
    shelf.add_step(model_version{version}, encoded.parts, codec);
    auto next = encoded.sent.clone();
    take_step(model.parameters, next);
    model.parameters = std::move(next);
    publish();
    return encoded.sent;
  }

  void publish() {
    const auto blocks = split_blocks(layout, model);
    const auto whole = server.encode(encode_model{model_version{version}, blocks});
    shelf.put(model_version{version}, whole.blocks, {blocks.blocks.back()}, 0);
  }

  model_blocks download() {
    decode_model request{model_version{version}, holds, {}};
    for (std::uint32_t i = 0; i < shelf.block_count(holds); ++i)
      request.blocks.push_back(*unseal(*shelf.block(holds, i)));
    (request.blocks[0].codec == codec_none ? downloads_of_models : downloads_of_steps) += 1;
    auto decoded = device.decode(request);
    BOOST_REQUIRE(decoded.refused_because == "");
    holds = model_version{version};
    return decoded.model;
  }

  manifest layout = small_model();
  std::string codec;
  downlink server;
  downlink device;
  model_shelf shelf{layout};
  model_state model;
  std::uint64_t version = 0;
  std::optional<model_version> holds;
  std::uint32_t downloads_of_models = 0;
  std::uint32_t downloads_of_steps = 0;
};

bool is_the_model(const model_blocks& downloaded, const model_state& model) {
  const auto& values = downloaded.blocks.front();
  return values.size() == model.parameters.size_bytes() &&
         std::memcmp(values.data(), model.parameters.data(), values.size()) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(downlink_test)

BOOST_AUTO_TEST_CASE(sent_and_owed_together_are_the_committed_steps_whatever_devices_missed) {
  for (const std::string text :
       {"fp16", "bf16", "sign", "topk(0.05)", "topk(0.05)+int8+zstd", "topk(0.1)+int4",
        "topk(0.1)+index32", "randk(0.1)", "stc(0.05)", "powersgd(1)", "powersgd(2)"}) {
    downlink_ends l{text};
    const auto size = l.layout.parameter_count();
    std::vector<double> balance(size, 0.0);
    std::uint32_t missed = 0;
    double most_owed = 0.0;
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      const auto step = made_step(l.layout, round);
      const auto sent = l.commit(step);
      for (std::size_t i = 0; i < size; ++i) balance[i] += value_of(step, i) - value_of(sent, i);
      for (std::size_t i = 0; i < size; ++i)
        most_owed = std::max(most_owed, std::abs(value_of(l.server.owed(), i)));
      if (is_downloaded(round))
        BOOST_TEST(is_the_model(l.download(), l.model), text << ", round " << round);
      else
        ++missed;
    }
    BOOST_TEST(missed > rounds * 0.1);
    BOOST_TEST(l.downloads_of_models >= 1u);
    BOOST_TEST(l.downloads_of_steps > rounds / 2);
    BOOST_TEST(most_owed > 0.0);
    double off = 0.0;
    for (std::size_t i = 0; i < size; ++i)
      off = std::max(off, std::abs(balance[i] - value_of(l.server.owed(), i)));
    // There are one or two float additions per round. Each is off by half a unit in the last place
    // of the sum.
    BOOST_TEST(off <= rounds * (largest_step + most_owed) * 0x1p-23, text << ": off by " << off);
    BOOST_TEST_MESSAGE(text << ": off by " << off << ", owed at most " << most_owed);
  }
}

BOOST_AUTO_TEST_CASE(a_version_that_another_device_has_left_behind_is_refused_as_superseded) {
  downlink_ends l{"topk(0.05)"};
  l.commit(made_step(l.layout, 1));
  l.download();
  const auto late = l.device.decode(decode_model{model_version{0}, model_version{0}, {}});
  BOOST_TEST(late.refused_because == "model version 0: the replica has moved on to version 1");
  BOOST_TEST(late.superseded);
  const auto wrong = l.device.decode(decode_model{model_version{2}, {}, {}});
  BOOST_TEST(wrong.refused_because != "");
  BOOST_TEST(!wrong.superseded);
  BOOST_TEST(is_the_model(l.device.decode({model_version{1}, {}, {}}).model, l.model));
}

BOOST_AUTO_TEST_CASE(devices_hold_the_servers_model_where_steps_are_drawn) {
  for (const std::string text : {"int8", "int4+zstd", "ternary", "ternary(2)"}) {
    downlink_ends l{text};
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      l.commit(made_step(l.layout, round));
      if (is_downloaded(round))
        BOOST_TEST(is_the_model(l.download(), l.model), text << ", round " << round);
    }
    BOOST_TEST(l.downloads_of_steps > rounds / 2);
    BOOST_TEST(l.server.owed().empty() == (text != "ternary(2)"), text);
  }
}

BOOST_AUTO_TEST_CASE(steps_whose_rest_would_diverge_are_not_sent) {
  downlink_ends l{"topk(0.01)"};
  flat_buffer step{scalar::float32, l.layout.parameter_count()};
  fill(step, [](std::size_t) { return 6e5; });
  l.commit(step);
  const auto encoded = l.server.encode(encode_step{model_version{2}, step.clone()});
  BOOST_TEST(encoded.failure == "what is owed to the devices has diverged");
}

BOOST_AUTO_TEST_SUITE_END()
