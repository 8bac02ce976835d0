// Tests that nothing is lost in compression (property 5), with every codec that keeps a residual.
// The file is a few lines over 400 because it has one property and short cases.

#include "model/codecs/residual.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>

#include "support/noise.hpp"
#include "support/two_matrix_layout.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint32_t rounds = 200;

/// Mostly small values and a few large ones, as in gradients.
flat_buffer made_gradient(const manifest& layout, std::uint32_t round) {
  flat_buffer update{scalar::float32, layout.parameter_count()};
  fill(update, [&](std::size_t i) { return std::pow(noise(3, round, 0, i), 5); });
  return update;
}

/// One update in five is refused or lost.
bool is_used(std::uint32_t round) {
  return noise(9, round, 0, 0) > -0.6;
}

struct sending_end {
  explicit sending_end(const std::string& text, manifest l = two_matrix_layout())
      : layout(std::move(l)),
        codec(update_codec::make(text, layout, 4)),
        sender(codec),
        moments(layout.statistic_count() * sizeof(float)) {}

  shared_bytes send(std::uint32_t round, const flat_buffer& update, std::uint64_t seed = 7) {
    return sender.prepare(round_id{round}, update, moments, {seed, 2, round}, work);
  }
  flat_buffer receive(const shared_bytes& encoded) {
    flat_buffer values{scalar::float32, layout.parameter_count()};
    std::vector<std::byte> statistics(moments.size());
    BOOST_TEST(codec->decode(encoded.bytes(), values.as<float>(), statistics, work) == "");
    return values;
  }

  manifest layout;
  std::shared_ptr<const update_codec> codec;
  residual sender;
  std::vector<std::byte> moments;
  update_codec::workspace work;
};

struct sums {
  explicit sums(std::size_t size) : values(size, 0.0) {}
  void add(const flat_buffer& more, double sign = 1.0) {
    const auto floats = more.as<float>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += sign * floats[i];
  }
  double largest() const {
    double most = 0.0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
  }
  std::vector<double> values;
};

/// Factor by which `codec` clips an update before anything else.
double cut_of(const update_codec& codec, const flat_buffer& update) {
  double squares = 0.0;
  for (const float value : update.as<float>()) squares += static_cast<double>(value) * value;
  const double most = codec.device_clip();
  return most > 0.0 && std::sqrt(squares) > most ? most / std::sqrt(squares) : 1.0;
}

bool same_bytes(const shared_bytes& a, const shared_bytes& b) {
  return std::equal(a.bytes().begin(), a.bytes().end(), b.bytes().begin(), b.bytes().end());
}

bool same_values(const flat_buffer& a, const flat_buffer& b) {
  return std::equal(a.as<float>().begin(), a.as<float>().end(), b.as<float>().begin(),
                    b.as<float>().end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(residual_test)

BOOST_AUTO_TEST_CASE(sent_and_owed_together_are_what_was_given_whatever_was_lost) {
  for (const std::string text :
       {"fp16", "bf16", "sign", "topk(0.05)", "topk(0.05)+int8", "topk(0.1)+int4+zstd",
        "topk(0.05)+fp16+index32", "randk(0.1)", "randk(0.1)+bf16", "dgc(0.05, momentum=0)",
        "dgc(0.05, momentum=0, warmup=20)", "dgc(0.05, momentum=0, clip=15)", "stc(0.05)",
        "powersgd(1)", "powersgd(2)+zstd"}) {
    sending_end l{text};
    BOOST_TEST(l.codec->keeps_residual());
    sums balance{l.layout.parameter_count()};
    std::uint32_t used = 0;
    double most_owed = 0.0;
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      const auto gradient = made_gradient(l.layout, round);
      balance.add(gradient, cut_of(*l.codec, gradient));
      const auto encoded = l.send(round, gradient);
      if (is_used(round)) balance.add(l.receive(encoded), -1.0);
      used += is_used(round);
      l.sender.settle(round_id{round}, is_used(round));
      for (const float owed : l.sender.owed().as<float>())
        most_owed = std::max(most_owed, std::abs(static_cast<double>(owed)));
    }
    balance.add(l.sender.owed(), -1.0);
    BOOST_TEST(used > rounds * 0.7);
    BOOST_TEST(used < rounds * 0.9);
    BOOST_TEST(most_owed > 0.0);
    // Each round has one or two float additions, each off by half a unit in the last place of what
    // is owed.
    BOOST_TEST(balance.largest() < rounds * (1.0 + most_owed) * 0x1p-23,
               text << ": " << balance.largest());
    BOOST_TEST_MESSAGE(text << ": off by " << balance.largest() << ", owed at most " << most_owed);
  }
}

BOOST_AUTO_TEST_CASE(with_momentum_sent_and_owed_are_the_velocities_of_a_plain_loop) {
  for (const std::string text :
       {"dgc(0.05, momentum=0.9)", "dgc(0.05, momentum=0.9, clip=15, warmup=20)"}) {
    sending_end l{text};
    const auto size = l.layout.parameter_count();
    std::vector<double> velocity(size, 0.0), owed(size, 0.0);
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      const auto gradient = made_gradient(l.layout, round);
      const double cut = cut_of(*l.codec, gradient);
      for (std::size_t i = 0; i < size; ++i) {
        velocity[i] = 0.9 * velocity[i] + cut * gradient.as<float>()[i];
        owed[i] += velocity[i];
      }
      const auto sent = l.receive(l.send(round, gradient));
      l.sender.settle(round_id{round}, is_used(round));
      if (!is_used(round)) continue;
      for (std::size_t i = 0; i < size; ++i) {
        const float value = sent.as<float>()[i];
        if (value == 0.0f) continue;
        BOOST_TEST(std::abs(value - owed[i]) < 1e-4);
        owed[i] = 0.0;
        const bool travels_dense = (i >= 270 && i < 276) || i >= 646;
        if (!travels_dense) velocity[i] = 0.0;
      }
    }
    for (std::size_t i = 0; i < size; ++i)
      BOOST_TEST(std::abs(l.sender.owed().as<float>()[i] - owed[i]) < 1e-4);
  }
}

BOOST_AUTO_TEST_CASE(the_warm_up_of_dgc_goes_on_from_round_to_round) {
  sending_end l{"dgc(0.01, momentum=0, warmup=4)"};
  std::vector<std::size_t> sizes;
  for (std::uint32_t round = 1; round <= 7; ++round) {
    sizes.push_back(l.send(round, made_gradient(l.layout, round)).size());
    l.sender.settle(round_id{round}, true);
  }
  for (std::size_t i = 1; i < 5; ++i) BOOST_TEST(sizes[i] < sizes[i - 1]);
  // Six or seven places of 640, whose gaps may take a few bits more or less.
  BOOST_TEST(sizes[6] < sizes[4] + 8);
}

BOOST_AUTO_TEST_CASE(powersgd_goes_on_from_the_factors_of_the_round_before) {
  // No update is used, so the same gradient is sent each time, scaled up: this is power iteration.
  sending_end l{"powersgd(1)"};
  const auto gradient = made_gradient(l.layout, 1);
  const auto error_in = [&](std::uint32_t round) {
    const auto sent = l.receive(l.send(round, gradient));
    l.sender.settle(round_id{round}, false);
    double squares = 0.0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const double off = sent.as<float>()[i] / round - gradient.as<float>()[i];
      squares += off * off;
    }
    return std::sqrt(squares);
  };
  const double first = error_in(1);
  for (std::uint32_t round = 2; round < 80; ++round) error_in(round);
  const double late = error_in(80);
  BOOST_TEST(late < first * (1.0 - 1e-3));
  BOOST_TEST(std::abs(error_in(81) - late) < 1e-4 * late);
}

BOOST_AUTO_TEST_CASE(zstd_is_left_out_where_it_does_not_help) {
  sending_end plain{"stc(0.05)"};
  sending_end packed{"stc(0.05)+zstd"};
  const auto gradient = made_gradient(plain.layout, 1);
  BOOST_TEST(same_bytes(plain.send(1, gradient), packed.send(1, gradient)));
  sending_end zeros{"zstd"};
  const flat_buffer nothing{scalar::float32, zeros.layout.parameter_count()};
  BOOST_TEST(zeros.send(1, nothing).size() < nothing.size_bytes() / 10);
}

BOOST_AUTO_TEST_CASE(more_places_than_the_bytes_can_name_are_refused_before_memory_is_taken) {
  sending_end l{"topk(0.05)"};
  const auto sent = l.send(1, made_gradient(l.layout, 1));
  std::vector<std::byte> bytes{sent.bytes().begin(), sent.bytes().begin() + 20};
  const std::uint32_t count = 270;  // the convolution has 270 values
  std::memcpy(bytes.data() + 12, &count, sizeof count);
  flat_buffer values{scalar::float32, l.layout.parameter_count()};
  std::vector<std::byte> statistics(l.moments.size());
  const auto why = l.codec->decode(bytes, values.as<float>(), statistics, l.work);
  BOOST_TEST(why.find("270 values announced in 4 bytes") != std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(dgc_without_momentum_clipping_and_warmup_is_topk_to_the_bit) {
  sending_end dgc{"dgc(0.03, momentum=0)"};
  sending_end topk{"topk(0.03)"};
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    const auto gradient = made_gradient(dgc.layout, round);
    BOOST_TEST(same_bytes(dgc.send(round, gradient), topk.send(round, gradient)));
    dgc.sender.settle(round_id{round}, is_used(round));
    topk.sender.settle(round_id{round}, is_used(round));
  }
}

BOOST_AUTO_TEST_CASE(a_codec_at_its_loss_free_setting_sends_the_values_themselves) {
  for (const std::string text : {"topk(1)", "topk(1)+index32", "topk(1)+zstd", "randk(1)",
                                 "dgc(1, momentum=0)", "zstd", "powersgd(64)"}) {
    sending_end l{text};
    for (std::uint32_t round = 1; round <= 5; ++round) {
      const auto gradient = made_gradient(l.layout, round);
      BOOST_TEST(same_values(l.receive(l.send(round, gradient)), gradient), text);
      l.sender.settle(round_id{round}, true);
      for (const float owed : l.sender.owed().as<float>()) BOOST_TEST(owed == 0.0f);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_update_that_nobody_settled_goes_back_before_the_next) {
  sending_end l{"topk(0.01)"};
  const auto gradient = made_gradient(l.layout, 1);
  const flat_buffer nothing{scalar::float32, gradient.size()};
  const auto first = l.send(1, gradient);
  BOOST_TEST(same_values(l.receive(first), l.receive(l.send(2, nothing))));
  // The outcome of round 1 comes too late to apply to round 2.
  l.sender.settle(round_id{1}, true);
  l.sender.settle(round_id{2}, false);
  BOOST_TEST(same_values(l.sender.owed(), gradient));
}

BOOST_AUTO_TEST_CASE(asked_twice_for_a_round_it_gives_the_same_encoding_and_owes_the_same) {
  for (const std::string text : {"topk(0.05)", "dgc(0.05)", "powersgd(1)", "ternary(1.5)"}) {
    sending_end once{text}, twice{text};
    for (std::uint32_t round = 1; round <= 20; ++round) {
      const auto gradient = made_gradient(once.layout, round);
      const auto first = once.send(round, gradient);
      BOOST_TEST(same_bytes(twice.send(round, gradient), first));
      BOOST_TEST(same_bytes(twice.send(round, gradient), first), text);
      once.sender.settle(round_id{round}, is_used(round));
      twice.sender.settle(round_id{round}, is_used(round));
      BOOST_TEST(same_values(once.sender.owed(), twice.sender.owed()), text);
    }
  }
}

BOOST_AUTO_TEST_CASE(dgc_cuts_a_devices_gradient_to_its_share_of_the_norm) {
  sending_end l{"dgc(1, momentum=0, clip=0.5)"};  // 4 devices: 0.25 each
  const auto gradient = made_gradient(l.layout, 1);
  const double cut = cut_of(*l.codec, gradient);
  BOOST_TEST(cut < 0.2);
  const auto got = l.receive(l.send(1, gradient));
  double squares = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    BOOST_TEST(std::abs(got.as<float>()[i] - cut * gradient.as<float>()[i]) < 1e-6);
    squares += static_cast<double>(got.as<float>()[i]) * got.as<float>()[i];
  }
  BOOST_TEST(std::abs(std::sqrt(squares) - 0.25) < 1e-6);
}

/// The tensors of two_matrix_layout() as ternary(c) clips them. A tensor that travels dense stays
/// unchanged.
std::vector<double> clipped(const manifest& layout, const std::vector<double>& values, double c) {
  auto out = values;
  std::size_t begin = 0;
  for (const auto& entry : layout.entries()) {
    if (entry.role != tensor_role::parameter) continue;
    const auto end = begin + entry.elements;
    double squares = 0.0;
    for (auto i = begin; i < end; ++i) squares += values[i] * values[i];
    const double most = c * std::sqrt(squares / static_cast<double>(entry.elements));
    if (entry.shape.size() > 1)
      for (auto i = begin; i < end; ++i) out[i] = std::clamp(values[i], -most, most);
    begin = end;
  }
  return out;
}

BOOST_AUTO_TEST_CASE(what_clipped_ternary_owes_is_what_was_clipped_off_whatever_was_drawn_or_lost) {
  for (const double clip : {1.5, 2.5}) {
    sending_end l{"ternary(" + std::to_string(clip) + ")"};
    BOOST_TEST(l.codec->keeps_residual());
    const auto size = l.layout.parameter_count();
    std::vector<double> owed(size, 0.0);
    double most_owed = 0.0;
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      const auto gradient = made_gradient(l.layout, round);
      for (std::size_t i = 0; i < size; ++i) owed[i] += value_of(gradient, i);
      const auto sent = l.receive(l.send(round, gradient));
      l.sender.settle(round_id{round}, is_used(round));
      if (is_used(round)) {
        const auto before_the_draw = clipped(l.layout, owed, clip);
        double scale = 0.0, off = 0.0;
        for (std::size_t i = 0; i < size; ++i) {
          scale = std::max(scale, std::abs(before_the_draw[i]));
          off = std::max(off, std::abs(value_of(sent, i) - before_the_draw[i]));
          owed[i] -= before_the_draw[i];
        }
        BOOST_TEST(off <= scale);
      }
      for (const double value : owed) most_owed = std::max(most_owed, std::abs(value));
      for (std::size_t i = 0; i < size; ++i)
        BOOST_REQUIRE(std::abs(value_of(l.sender.owed(), i) - owed[i]) <
                      rounds * (1.0 + most_owed) * 0x1p-23);
    }
    BOOST_TEST(most_owed > 0.1);
  }
}

BOOST_AUTO_TEST_CASE(with_clipped_ternary_nothing_is_lost_on_the_mean_over_the_draws) {
  // Over many seeds, the drawn values have the right expectation, whatever was refused.
  constexpr int seeds = 300;
  const auto size = two_matrix_layout().parameter_count();
  std::vector<double> sums(size, 0.0), squares(size, 0.0);
  for (int seed = 0; seed < seeds; ++seed) {
    sending_end l{"ternary(1.5)"};
    BOOST_TEST(l.codec->keeps_residual());
    std::vector<double> balance(size, 0.0);
    for (std::uint32_t round = 1; round <= 20; ++round) {
      const auto gradient = made_gradient(l.layout, round);
      const auto sent = l.receive(l.send(round, gradient, seed));
      l.sender.settle(round_id{round}, is_used(round));
      for (std::size_t i = 0; i < size; ++i)
        balance[i] += gradient.as<float>()[i] - (is_used(round) ? sent.as<float>()[i] : 0.0f);
    }
    for (std::size_t i = 0; i < size; ++i) {
      const double off = balance[i] - l.sender.owed().as<float>()[i];
      sums[i] += off;
      squares[i] += off * off;
    }
  }
  double most_deviation = 0.0;
  for (std::size_t i = 0; i < size; ++i) {
    const double mean = sums[i] / seeds;
    const double deviation = std::sqrt(std::max(squares[i] / seeds - mean * mean, 0.0));
    BOOST_TEST(std::abs(mean) <= 5.0 * deviation / std::sqrt(seeds) + 1e-5);
    most_deviation = std::max(most_deviation, deviation);
  }
  BOOST_TEST(most_deviation > 0.1);
}

BOOST_AUTO_TEST_CASE(a_residual_goes_on_from_a_state_that_was_written_down) {
  for (const std::string text : {"topk(0.05)+int8", "dgc(0.05, momentum=0.9, clip=15, warmup=20)",
                                 "stc(0.05)", "powersgd(2)", "ternary(1.5)", "sign"}) {
    sending_end undisturbed{text}, killed{text};
    for (std::uint32_t round = 1; round <= 40; ++round) {
      const auto gradient = made_gradient(undisturbed.layout, round);
      const auto expected = undisturbed.send(round, gradient);
      BOOST_TEST(same_bytes(killed.send(round, gradient), expected), text << ", round " << round);
      // The state is saved with the update prepared, and the outcome is told later.
      auto state = killed.sender.state();
      state.owed = state.owed.clone();
      state.velocity = state.velocity.clone();
      state.prepared->before = state.prepared->before.clone();
      killed.sender = residual{killed.codec, std::move(state)};
      if (round % 3 == 0)  // asked again for the same round
        BOOST_TEST(same_bytes(killed.send(round, gradient), expected));
      undisturbed.sender.settle(round_id{round}, is_used(round));
      // A device that was away is only told of used updates.
      if (is_used(round)) killed.sender.settle(round_id{round}, true);
    }
    undisturbed.send(41, made_gradient(undisturbed.layout, 41));
    killed.send(41, made_gradient(killed.layout, 41));
    BOOST_TEST(same_values(undisturbed.sender.owed(), killed.sender.owed()), text);
  }
}

BOOST_AUTO_TEST_CASE(
    what_an_old_state_has_prepared_is_not_sent_again_once_a_later_update_was_used) {
  for (const std::string text : {"topk(0.05)", "dgc(0.05, momentum=0.9)", "ternary(1.5)"}) {
    sending_end l{text};
    l.send(1, made_gradient(l.layout, 1));
    const auto owed = l.sender.owed().clone();
    l.sender.settle(round_id{2}, false);  // says nothing of round 1
    BOOST_TEST(l.sender.state().prepared.has_value());
    l.sender.settle(round_id{2}, true);
    BOOST_TEST(!l.sender.state().prepared.has_value());
    BOOST_TEST(same_values(l.sender.owed(), owed));
  }
}

BOOST_AUTO_TEST_CASE(what_would_grow_beyond_what_a_receiver_takes_is_not_taken_in) {
  for (const std::string text : {"topk(0.1)", "dgc(0.1, momentum=0.5)"}) {
    sending_end l{text};
    flat_buffer large{scalar::float32, l.layout.parameter_count()};
    fill(large, [](std::size_t i) { return i % 2 == 0 ? 6e5 : -6e5; });
    BOOST_TEST(l.send(1, large).size() > 0u);
    l.sender.settle(round_id{1}, true);
    const auto owed = l.sender.owed().clone();
    BOOST_TEST(l.send(2, large).size() == 0u);
    BOOST_TEST(same_values(l.sender.owed(), owed));
    l.sender.settle(round_id{2}, false);
    BOOST_TEST(same_values(l.sender.owed(), owed));
    BOOST_TEST(l.send(3, made_gradient(l.layout, 3)).size() > 0u);
  }
}

BOOST_AUTO_TEST_CASE(values_at_the_edge_of_what_a_receiver_takes_can_be_sent_and_put_back) {
  // Factors of a matrix may have a product larger than any of its values.
  for (const std::string text : {"powersgd(1)", "powersgd(2)", "sign", "stc(0.3)", "bf16",
                                 "topk(0.3)+int8", "topk(0.3)+int4"})
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      sending_end l{text};
      flat_buffer update{scalar::float32, l.layout.parameter_count()};
      fill(update,
           [&](std::size_t i) { return noise(seed, 0, 0, i) > 0.0 ? 1048576.0 : -1048576.0; });
      l.receive(l.send(1, update));
      l.sender.settle(round_id{1}, false);
      for (std::size_t i = 0; i < update.size(); ++i)
        BOOST_REQUIRE(std::abs(l.sender.owed().as<float>()[i] - update.as<float>()[i]) <= 1.0f);
    }
}

BOOST_AUTO_TEST_SUITE_END()
