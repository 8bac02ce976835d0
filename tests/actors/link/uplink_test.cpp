#include "actors/link/uplink.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "support/encoded.hpp"
#include "support/noise.hpp"
#include "support/two_matrix_layout.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint32_t rounds = 200;

/// The updates of four of five rounds are used. The others end in each of the ways in which an
/// update is not used.
update_fate fate_of(std::uint32_t round) {
  constexpr update_fate unused[] = {update_fate::late, update_fate::lost, update_fate::refused};
  return round % 5 == 3 ? unused[round / 5 % 3] : update_fate::used;
}

/// Sends the updates of devices through both ends of a link, as the server would add them.
struct both_ends {
  explicit both_ends(const std::string& codec)
      : device(layout, {.up = codec, .devices = 4}), server(layout, {.up = codec, .devices = 4}) {}

  /// Adds the decoded update to `sum` if it is used.
  void play(round_id round, device_id id, const flat_buffer& update, std::vector<double>& sum) {
    const auto encoded =
        device.encode({round, id, update.clone(), {scalar::float32, layout.statistic_count()}});
    BOOST_TEST(encoded.failure == "");
    const auto fate = fate_of(round.value + id.value);
    device.settle({round, id, fate});
    if (fate != update_fate::used) return;
    const auto decoded = server.decode(as_received(id, encoded));
    BOOST_REQUIRE(decoded.refused_because == "");
    const auto* values = reinterpret_cast<const float*>(decoded.blocks->front().data());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
  }

  manifest layout = two_matrix_layout();
  uplink device;
  uplink server;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(uplink_test)

BOOST_AUTO_TEST_CASE(sent_and_owed_are_what_each_device_was_given_also_where_a_fifth_was_not_used) {
  for (const std::string codec :
       {"fp16", "bf16", "sign", "topk(0.05)", "topk(0.05)+int8+zstd", "topk(0.1)+int4",
        "topk(0.1)+index32", "randk(0.1)", "stc(0.05)", "dgc(0.05, momentum=0, warmup=20)",
        "powersgd(1)", "powersgd(2)"}) {
    both_ends link{codec};
    const auto size = link.layout.parameter_count();
    for (const device_id id : {device_id{0}, device_id{3}}) {
      std::vector<double> given(size, 0.0), sent(size, 0.0);
      double most_owed = 0.0;
      for (std::uint32_t round = 1; round <= rounds; ++round) {
        flat_buffer update{scalar::float32, size};
        fill(update, [&](std::size_t i) { return std::pow(noise(5, id.value, round, i), 3); });
        for (std::size_t i = 0; i < size; ++i) given[i] += value_of(update, i);
        link.play(round_id{round}, id, update, sent);
        const auto owed_now = link.device.owed(id);
        for (const float owed : owed_now.as<float>())
          most_owed = std::max(most_owed, std::abs(static_cast<double>(owed)));
      }
      BOOST_TEST(most_owed > 0.0);
      const auto owed = link.device.owed(id);
      double off = 0.0;
      for (std::size_t i = 0; i < size; ++i)
        off = std::max(off, std::abs(given[i] - sent[i] - value_of(owed, i)));
      // There are one or two float additions per round. Each is off by half a unit in the last
      // place of what is owed.
      BOOST_TEST(off < rounds * (1.0 + most_owed) * 0x1p-23, codec << ": off by " << off);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_clipped_and_drawn_update_goes_back_as_it_was_given) {
  for (const auto fate : {update_fate::late, update_fate::lost, update_fate::refused}) {
    both_ends link{"ternary(2.5)"};
    std::vector<double> given(link.layout.parameter_count(), 0.0);
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      flat_buffer update{scalar::float32, given.size()};
      fill(update, [&](std::size_t i) { return std::round(8 * noise(5, 0, round, i)); });
      for (std::size_t i = 0; i < given.size(); ++i) given[i] += value_of(update, i);
      link.device.encode({round_id{round},
                          device_id{0},
                          update.clone(),
                          {scalar::float32, link.layout.statistic_count()}});
      link.device.settle({round_id{round}, device_id{0}, fate});
    }
    const auto owed = link.device.owed(device_id{0});
    // Sums of whole numbers are exact.
    for (std::size_t i = 0; i < given.size(); ++i) BOOST_REQUIRE(value_of(owed, i) == given[i]);
  }
}

BOOST_AUTO_TEST_CASE(a_codec_without_bias_keeps_nothing_for_a_device) {
  for (const std::string codec : {"none", "int8", "int4", "ternary", "zstd"}) {
    both_ends link{codec};
    std::vector<double> sum(link.layout.parameter_count(), 0.0);
    flat_buffer update{scalar::float32, sum.size()};
    link.play(round_id{1}, device_id{0}, update, sum);
    BOOST_TEST(link.device.owed(device_id{0}).empty(), codec);
  }
}

namespace {

class broken_store final : public residual_store {
public:
  std::optional<residual_state> load(device_id) override {
    if (!can_load) throw bad_input("state: is damaged");
    return std::nullopt;
  }
  void save(device_id, const residual_state&) override {
    if (!can_save) throw run_failure("state: no space");
    ++saved;
  }

  bool can_load = true;
  bool can_save = true;
  int saved = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_cannot_be_kept_is_not_sent_and_not_lost) {
  const auto layout = two_matrix_layout();
  const auto store = std::make_shared<broken_store>();
  uplink device{layout, {.up = "topk(0.05)", .devices = 4}, store};
  uplink undisturbed{layout, {.up = "topk(0.05)", .devices = 4}};
  const auto encode = [&](uplink& end, std::uint32_t round) {
    flat_buffer update{scalar::float32, layout.parameter_count()};
    fill(update, [&](std::size_t i) { return noise(5, 0, round, i); });
    return end.encode({round_id{round},
                       device_id{0},
                       std::move(update),
                       {scalar::float32, layout.statistic_count()}});
  };
  BOOST_TEST(encode(device, 1).failure == "");
  BOOST_TEST(store->saved == 1);
  device.settle({round_id{1}, device_id{0}, update_fate::used});
  encode(undisturbed, 1);
  undisturbed.settle({round_id{1}, device_id{0}, update_fate::used});

  store->can_save = false;
  BOOST_TEST(encode(device, 2).failure == "state: no space");
  store->can_save = true;
  encode(undisturbed, 2);
  undisturbed.settle({round_id{2}, device_id{0}, update_fate::lost});
  BOOST_TEST(encode(device, 3).failure == "");
  encode(undisturbed, 3);
  const auto owed = device.owed(device_id{0}), expected = undisturbed.owed(device_id{0});
  for (std::size_t i = 0; i < owed.size(); ++i)
    BOOST_REQUIRE(value_of(owed, i) == value_of(expected, i));
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_read_is_told_with_the_next_update) {
  const auto layout = two_matrix_layout();
  const auto store = std::make_shared<broken_store>();
  store->can_load = false;
  uplink device{layout, {.up = "topk(0.05)", .devices = 4}, store};
  device.settle({round_id{1}, device_id{0}, update_fate::used});
  const auto encoded = device.encode({round_id{2},
                                      device_id{0},
                                      {scalar::float32, layout.parameter_count()},
                                      {scalar::float32, layout.statistic_count()}});
  BOOST_TEST(encoded.failure == "state: is damaged");
}

BOOST_AUTO_TEST_SUITE_END()
