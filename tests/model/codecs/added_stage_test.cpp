// A stage that is no part of the library, as a program adds it.

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/codec.hpp"
#include "verge/model/codec_stage.hpp"

using namespace verge;
using verge::test::message_of;

namespace {

/// The first `share` of a tensor's values, which the receiver knows without being told.
class front_selector final : public codecs::selector {
public:
  explicit front_selector(double share) : share_(share) {}

  void choose(std::span<const float> values, const codecs::tensor_context& tensor,
              codecs::workspace& work) const override {
    recall(values.size(), tensor, work);
  }
  bool recalls() const override { return true; }
  void recall(std::size_t size, const codecs::tensor_context&,
              codecs::workspace& work) const override {
    work.chosen.resize(static_cast<std::size_t>(share_ * static_cast<double>(size)));
    std::iota(work.chosen.begin(), work.chosen.end(), 0u);
  }

private:
  double share_;
};

void make_front(const call_text& text, codecs::codec_recipe& recipe) {
  constexpr number_rule a_share{0.0, true, 1.0, false, "a share above 0, at most 1"};
  recipe.select = std::make_shared<front_selector>(text.number("share", 0, a_share));
}

constexpr codec_stage_entry added{"front", codec_stage_role::recalled_selector, make_front};

struct fixture {
  fixture() { add_codec_stage(added); }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

std::string error_of(const char* codec) {
  return message_of<bad_input>([&] { check_codec(codec); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(added_stage_test)

BOOST_AUTO_TEST_CASE(a_codec_may_have_an_added_stage) {
  manifest layout{scalar::float32};
  layout.add("weight", {4, 8}, tensor_role::parameter);
  std::vector<float> given(32);
  std::iota(given.begin(), given.end(), 1.0f);
  for (const char* text : {"front(0.25)", "front(share=0.25)+fp16", "front(0.25)+zstd"}) {
    const auto codec = update_codec::make(text, layout);
    BOOST_TEST(codec->keeps_residual());
    update_codec::workspace work;
    auto left = given;
    const auto encoded = codec->encode(left, {}, {}, {}, work);
    std::vector<float> got(32, -1.0f);
    BOOST_REQUIRE_EQUAL(codec->decode(encoded.bytes(), got, {}, work), "");
    for (std::size_t i = 0; i < given.size(); ++i) {
      BOOST_TEST(got[i] == (i < 8 ? given[i] : 0.0f));
      BOOST_TEST(left[i] == (i < 8 ? 0.0f : given[i]));
    }
  }
  // The header and the values: no place is sent.
  update_codec::workspace work;
  BOOST_TEST(update_codec::make("front(0.25)", layout)->encode(given, {}, {}, {}, work).size() ==
             12u + 8u * sizeof(float));
}

BOOST_AUTO_TEST_CASE(devices_know_an_added_stage) {
  BOOST_TEST(known_codec_stages().front() == "none");
  BOOST_TEST(known_codec_stages().back() == "front");
  BOOST_TEST((codec_stages("front(0.5)+int8") == std::vector<std::string>{"front", "int8"}));
}

BOOST_AUTO_TEST_CASE(errors_know_an_added_stage_and_what_it_takes_the_place_of) {
  BOOST_TEST(error_of("frnt(0.5)") ==
             "\"frnt(0.5)\", character 1: there is no stage 'frnt' (did you mean front?), expected "
             "fp16, bf16, int8, int4, sign, ternary, topk, randk, dgc, stc, powersgd, golomb, "
             "index32, zstd or front");
  BOOST_TEST(error_of("front(0)") ==
             "\"front(0)\", character 7: share of front is 0, expected a share above 0, at most 1");
  BOOST_TEST(
      error_of("topk(0.1)+front(0.5)") ==
      "\"topk(0.1)+front(0.5)\", character 11: front cannot follow topk, which does the same");
  BOOST_TEST(error_of("front(0.5)+golomb") ==
             "\"front(0.5)+golomb\", character 12: golomb writes the choice of topk, dgc or stc, "
             "which must come before it");
}

BOOST_AUTO_TEST_CASE(a_stage_is_added_once_and_not_in_the_place_of_none_or_model) {
  for (const char* name : {"front", "topk", "none", "model", "my-stage", "topk(0.1)"}) {
    auto other = added;
    other.name = name;
    BOOST_CHECK_THROW(add_codec_stage(other), bad_input);
  }
}

BOOST_AUTO_TEST_SUITE_END()
