#include "verge/model/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "fuzz/fuzzed_codecs.hpp"
#include "messages/round_messages.hpp"
#include "support/noise.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/network.hpp"

using namespace verge;
using namespace verge::test;

namespace {

manifest resnet18_layout(norm_kind norm = norm_kind::group) {
  network_options options;
  options.name = "resnet18";
  options.norm = norm;
  options.input = {3, 32, 32};
  return network::build(options).layout();
}

/// At least one codec with each kind of stage.
const std::vector<std::string> codecs{"fp16",
                                      "bf16",
                                      "int8",
                                      "int4",
                                      "sign",
                                      "ternary",
                                      "topk(0.1)",
                                      "randk(0.1)",
                                      "dgc(0.1)",
                                      "stc(0.1)",
                                      "powersgd(1)",
                                      "topk(0.2)+int8",
                                      "int8+zstd",
                                      "zstd",
                                      "topk(0.1)+index32+zstd",
                                      "randk(0.3)+int4",
                                      "ternary(2.5)"};

/// Encodes the result of `value` for every parameter.
template <class Value>
shared_bytes encoded_by(const update_codec& codec, const manifest& layout, const Value& value,
                        codec_place place = {1, 2, 3}) {
  flat_buffer values{scalar::float32, layout.parameter_count()};
  fill(values, value);
  std::vector<float> memory(codec.memory_size(), 0.0f);
  std::vector<std::byte> statistics(layout.statistic_count() * sizeof(float), std::byte{0});
  update_codec::workspace work;
  return codec.encode(values.as<float>(), statistics, place, memory, work);
}

std::string refusal_of(const update_codec& codec, const manifest& layout,
                       std::span<const std::byte> bytes) {
  flat_buffer values{scalar::float32, layout.parameter_count()};
  std::vector<std::byte> statistics(layout.statistic_count() * sizeof(float));
  update_codec::workspace work;
  auto why = codec.decode(bytes, values.as<float>(), statistics, work);
  if (why.empty())
    for (const float value : values.as<float>())
      BOOST_TEST((std::isfinite(value) && std::abs(value) <= 1048576.0f));
  return why;
}

double gaussian(std::size_t i) {
  const double radius = std::sqrt(-2.0 * std::log(0.5 * (1.0 + noise(5, 0, 0, i)) + 1e-12));
  return radius * std::cos(3.14159265358979 * noise(5, 1, 0, i));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_test)

BOOST_AUTO_TEST_CASE(the_same_place_gives_the_same_bytes_and_another_round_other_draws) {
  const auto layout = fuzz::small_layout();
  for (const auto& text : codecs) {
    const auto codec = update_codec::make(text, layout);
    const auto value = [](std::size_t i) { return noise(1, 0, 0, i); };
    const auto first = encoded_by(*codec, layout, value);
    const auto again = encoded_by(*codec, layout, value);
    const auto later = encoded_by(*codec, layout, value, {1, 2, 4});
    BOOST_TEST(std::ranges::equal(first.bytes(), again.bytes()));
    // Compares what is behind the header, because the header names the draws.
    const bool draws = text.find("int") != std::string::npos ||
                       text.find("ternary") != std::string::npos ||
                       text.find("randk") != std::string::npos;
    BOOST_TEST(std::ranges::equal(first.bytes().subspan(12), later.bytes().subspan(12)) == !draws,
               text);
    BOOST_TEST(first.size() <= codec->most_bytes());
  }
}

BOOST_AUTO_TEST_CASE(vectors_and_statistics_arrive_as_they_are) {
  const auto layout = fuzz::small_layout();
  for (const auto& text : codecs) {
    const auto codec = update_codec::make(text, layout);
    flat_buffer values{scalar::float32, layout.parameter_count()};
    fill(values, [](std::size_t i) { return noise(1, 0, 0, i); });
    const auto original = values.clone();
    const float moments[] = {0.25f, -1.5f, 3.0f, 1e-30f};
    std::vector<float> memory(codec->memory_size(), 0.0f);
    update_codec::workspace work;
    const auto encoded = codec->encode(values.as<float>(), std::as_bytes(std::span{moments}),
                                       {1, 2, 3}, memory, work);
    float received[4] = {};
    flat_buffer decoded{scalar::float32, layout.parameter_count()};
    BOOST_TEST(codec->decode(encoded.bytes(), decoded.as<float>(),
                             std::as_writable_bytes(std::span{received}), work) == "");
    BOOST_TEST(std::ranges::equal(received, moments));
    for (std::size_t i = 108; i < 112; ++i) {
      BOOST_TEST(decoded.as<float>()[i] == original.as<float>()[i]);
      BOOST_TEST(values.as<float>()[i] == 0.0f);
    }
  }
}

BOOST_AUTO_TEST_CASE(powersgd_is_as_small_on_resnet18_as_published) {
  const auto layout = resnet18_layout();
  const double dense = 4.0 * layout.parameter_count();
  for (const auto& [rank, ratio] : {std::pair{1, 243.3}, {2, 135.8}, {4, 72.1}}) {
    const auto codec = update_codec::make("powersgd(" + std::to_string(rank) + ")", layout);
    const auto encoded =
        encoded_by(*codec, layout, [](std::size_t i) { return noise(2, 0, 0, i); });
    const double got = dense / static_cast<double>(encoded.size() - 12);
    BOOST_TEST_MESSAGE("powersgd rank " << rank << ": " << got << " x");
    BOOST_TEST(std::abs(got - ratio) < 0.05);
  }
}

BOOST_AUTO_TEST_CASE(stc_takes_eight_bits_for_a_place_and_one_for_a_sign_on_resnet18) {
  const auto layout = resnet18_layout();
  std::size_t coded = 0, tensors = 0, dense = 0, chosen = 0;
  for (const auto& entry : layout.entries()) {
    if (entry.shape.size() < 2) {
      dense += entry.elements;
      continue;
    }
    coded += entry.elements;
    chosen += static_cast<std::size_t>(std::max(1.0, std::round(0.01 * entry.elements)));
    ++tensors;
  }
  const auto codec = update_codec::make("stc(0.01)", layout);
  const auto encoded = encoded_by(*codec, layout, gaussian);
  // Without the header, the mean, count and parameter of each tensor, and the tensors that travel
  // dense.
  const double bits = 8.0 * (encoded.size() - 12 - 9 * tensors - 4 * dense) / chosen;
  BOOST_TEST_MESSAGE("stc(0.01): " << bits << " bits a value that is sent; whole update "
                                   << encoded.size() << " bytes, of which dense " << 4 * dense);
  BOOST_TEST(std::abs(bits / (8.11 + 1.0) - 1.0) < 0.02);
}

BOOST_AUTO_TEST_CASE(framing_is_less_than_a_hundredth_of_a_small_update) {
  // Without norm layers almost nothing travels dense, and the update has about 40 KB.
  const auto layout = resnet18_layout(norm_kind::none);
  const auto codec = update_codec::make("stc(0.0025)", layout);
  const auto encoded = encoded_by(*codec, layout, gaussian);
  std::size_t sent = seal(upload_request{}).encoded_size();
  std::uint32_t index = 0;
  for (const auto& part : split_encoded(encoded))
    sent +=
        seal(update_block{round_id{9}, device_id{95}, block_index{index++}, codec->text(), part})
            .encoded_size();
  BOOST_TEST_MESSAGE("an update of " << encoded.size() << " bytes takes " << sent);
  BOOST_TEST(encoded.size() > 30'000u);
  BOOST_TEST(encoded.size() < 60'000u);
  BOOST_TEST(sent - encoded.size() < encoded.size() / 100);
}

// -- what an untrusted peer sends -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_update_cut_anywhere_or_with_more_at_its_end_is_refused) {
  const auto layout = fuzz::small_layout();
  for (const auto& text : codecs) {
    const auto codec = update_codec::make(text, layout);
    const auto honest = encoded_by(*codec, layout, [](std::size_t i) { return noise(1, 0, 0, i); });
    BOOST_TEST(refusal_of(*codec, layout, honest.bytes()) == "");
    for (std::size_t length = 0; length < honest.size(); ++length)
      BOOST_TEST(refusal_of(*codec, layout, honest.bytes().first(length)) != "");
    std::vector<std::byte> longer{honest.bytes().begin(), honest.bytes().end()};
    longer.push_back(std::byte{0});
    BOOST_TEST(refusal_of(*codec, layout, longer) != "");
  }
}

BOOST_AUTO_TEST_CASE(whatever_bytes_come_nothing_unusable_is_decoded) {
  const auto layout = fuzz::small_layout();
  std::mt19937 draw{17};
  for (const auto& text : codecs) {
    const auto codec = update_codec::make(text, layout);
    const auto honest = encoded_by(*codec, layout, [](std::size_t i) { return noise(1, 0, 0, i); });
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::byte> bytes{honest.bytes().begin(), honest.bytes().end()};
      for (unsigned flips = 1 + draw() % 4; flips > 0; --flips)
        bytes[draw() % bytes.size()] ^= std::byte{static_cast<unsigned char>(1u << draw() % 8)};
      refusal_of(*codec, layout, bytes);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_foreign_header_is_refused_with_a_sentence) {
  const auto layout = fuzz::small_layout();
  const auto codec = update_codec::make("topk(0.1)", layout);
  const auto honest = encoded_by(*codec, layout, [](std::size_t i) { return noise(1, 0, 0, i); });
  const auto with = [&](std::size_t at, int value) {
    std::vector<std::byte> bytes{honest.bytes().begin(), honest.bytes().end()};
    bytes[at] = std::byte{static_cast<unsigned char>(value)};
    return refusal_of(*codec, layout, bytes);
  };
  BOOST_TEST(with(0, 2) == "format 2; this end knows format 1");
  BOOST_TEST(with(1, 1) == "zstd, which is no part of topk(0.1)");
  BOOST_TEST(with(1, 128) == "a header with unknown flags");
  BOOST_TEST(with(2, 1) == "a header with unknown flags");
  BOOST_TEST(with(15, 1).find("conv.weight: ") == 0u);  // a count of over 16 million
  const std::vector<std::byte> huge(codec->most_bytes() + 1);
  BOOST_TEST(refusal_of(*codec, layout, huge).find("an update encoded by topk(0.1) has at most") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_codec_says_where_it_goes_wrong) {
  const auto problem_of = [](const std::string& text) -> std::string {
    try {
      check_codec(text);
      return "";
    } catch (const bad_input& e) {
      return e.what();
    }
  };
  for (const auto& text : codecs) BOOST_TEST(problem_of(text) == "");
  BOOST_TEST(problem_of("none") == "");
  BOOST_TEST(problem_of("topk(2)") ==
             "\"topk(2)\", character 6: share of topk is 2, expected a share above 0, at most 1");
  BOOST_TEST(problem_of("int8+int4").find("character 6") != std::string::npos);
  BOOST_TEST(
      problem_of("topk(0.1)+ternary") ==
      "\"topk(0.1)+ternary\", character 11: ternary does not go with a choice of values: what "
      "it rounds off would pile up in the residual");
  BOOST_TEST(problem_of("").find("character 1") != std::string::npos);
  BOOST_CHECK_THROW(update_codec::make("int8", manifest{scalar::float64}), bad_input);
}

BOOST_AUTO_TEST_CASE(parts_of_an_encoded_update_join_to_it) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, update_codec::part_bytes,
                                 update_codec::part_bytes + 1, 3 * update_codec::part_bytes}) {
    const auto memory = std::make_shared<std::vector<std::byte>>(size);
    for (std::size_t i = 0; i < size; ++i) (*memory)[i] = static_cast<std::byte>(i % 251);
    const shared_bytes whole{memory, *memory};
    const auto cut = split_encoded(whole);
    BOOST_TEST(cut.size() == part_count(size));
    for (const auto& part : cut) BOOST_TEST(part.size() <= update_codec::part_bytes);
    BOOST_TEST(std::ranges::equal(join_parts(cut).bytes(), whole.bytes()));
  }
  constexpr std::uint64_t beyond_32_bits = std::uint64_t{5} << 30;
  BOOST_TEST(part_count(beyond_32_bits) == 5u * 1024);
  BOOST_TEST(part_count(beyond_32_bits + 1) == 5u * 1024 + 1);
}

BOOST_AUTO_TEST_SUITE_END()
