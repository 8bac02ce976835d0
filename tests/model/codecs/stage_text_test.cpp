#include "model/codecs/stage_text.hpp"

#include <boost/test/unit_test.hpp>

#include "model/codecs/stage_list.hpp"
#include "support/documented.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using namespace verge::codecs;

namespace {

constexpr number_rule anything{-1e300, false, 1e300, false, "a number"};

/// The text of the error of reading `codec`, without the codec's own text, which comes first.
std::string error_of(const std::string& codec) {
  try {
    read_recipe(codec);
  } catch (const bad_input& error) {
    const auto quoted = "\"" + codec + "\", ";
    const std::string what = error.what();
    BOOST_TEST_CONTEXT(what) BOOST_TEST(what.starts_with(quoted));
    return what.substr(std::min(quoted.size(), what.size()));
  }
  return "nothing";
}

struct broken {
  const char* codec;
  const char* error;
};

void check(std::initializer_list<broken> texts) {
  for (const auto& [codec, error] : texts) BOOST_TEST(error_of(codec) == error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stage_text_test)

// -- good texts -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stages_come_in_the_order_of_the_text) {
  const auto stages = parse_stages("topk(0.01)+int8+zstd");
  BOOST_REQUIRE_EQUAL(stages.size(), 3u);
  BOOST_TEST(stages[0].name() == "topk");
  BOOST_TEST(stages[1].name() == "int8");
  BOOST_TEST(stages[2].name() == "zstd");
}

BOOST_AUTO_TEST_CASE(numbers_are_found_by_position_or_by_name) {
  const auto stages = parse_stages("stage(0.5, 2e3, third=-1.25)");
  const auto& stage = stages.at(0);
  BOOST_TEST(stage.number("first", 0, anything) == 0.5);
  BOOST_TEST(stage.number("second", 1, anything) == 2000.0);
  BOOST_TEST(stage.number("third", 2, anything) == -1.25);
  BOOST_TEST(stage.number("fourth", 3, anything, 7.0) == 7.0);
  stage.expect_no_more();

  const auto by_name = parse_stages("stage(second=2, first=1)");
  BOOST_TEST(by_name.at(0).number("first", 0, anything) == 1.0);
  BOOST_TEST(by_name.at(0).number("second", 1, anything) == 2.0);
  by_name.at(0).expect_no_more();
}

BOOST_AUTO_TEST_CASE(spaces_may_stand_between_everything) {
  const auto stages = parse_stages("  dgc ( 0.001 ,  momentum = 0.9 )  + zstd ");
  BOOST_REQUIRE_EQUAL(stages.size(), 2u);
  BOOST_TEST(stages[0].number("share", 0, anything) == 0.001);
  BOOST_TEST(stages[0].number("momentum", -1, anything) == 0.9);
  BOOST_TEST(stages[1].name() == "zstd");
}

BOOST_AUTO_TEST_CASE(bounds_of_a_rule_are_within_it_unless_excluded) {
  const number_rule closed{1.0, false, 3.0, true, "a whole number from 1 to 3"};
  for (const char* text : {"s(1)", "s(2)", "s(3)"}) {
    const auto stages = parse_stages(text);
    BOOST_CHECK_NO_THROW(stages.at(0).number("n", 0, closed));
  }
  const auto one = parse_stages("s(1)");
  BOOST_CHECK_NO_THROW(one.at(0).number("share", 0, a_share));
}

BOOST_AUTO_TEST_CASE(every_stage_is_read_where_it_belongs) {
  for (const char* codec :
       {"fp16", "bf16", "int8", "int4", "sign", "ternary", "ternary(2.5)", "topk(0.01)",
        "topk(share=1)", "randk(0.1)+int4", "dgc(0.001, warmup=50, momentum=0, clip=2)",
        "stc(0.01)", "stc(0.01)+index32", "powersgd(4)", "powersgd(rank=1)+zstd",
        "topk(0.1)+golomb", "topk(0.1)+int8+index32+zstd(19)", "dgc(0.1)+fp16+golomb", "zstd"})
    BOOST_TEST(error_of(codec) == "nothing");
}

// -- the grammar ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(errors_of_the_grammar_name_their_character) {
  check({
      {"", "character 1: found the end, expected the name of a stage"},
      {"   ", "character 4: found the end, expected the name of a stage"},
      {"8int", "character 1: found '8', expected the name of a stage"},
      {"+int8", "character 1: found '+', expected the name of a stage"},
      {"int8+", "character 6: found the end, expected the name of a stage"},
      {"int8++zstd", "character 6: found '+', expected the name of a stage"},
      {"int8 zstd", "character 6: found 'z', expected '+' and another stage, or the end"},
      {"topk(0.1))", "character 10: found ')', expected '+' and another stage, or the end"},
      {"topk(", "character 6: found the end, expected a number"},
      {"topk()", "character 6: found ')', expected a number"},
      {"topk(0.1", "character 9: found the end, expected ',' or ')'"},
      {"topk(0.1 0.2)", "character 10: found '0', expected ',' or ')'"},
      {"topk(0.1,)", "character 10: found ')', expected a number"},
      {"topk(0.1%)", "character 9: found '%', expected ',' or ')'"},
      {"topk(1e999)", "character 6: found '1', expected a number"},
      {"topk(+1)", "character 6: found '+', expected a number"},
      {"topk(share)", "character 11: found ')', expected '=' and a value"},
      {"topk(share 0.1)", "character 12: found '0', expected '=' and a value"},
      {"topk(share=)", "character 12: found ')', expected a number"},
      {"topk(nan)", "character 9: found ')', expected '=' and a value"},
      {"topk(share=+1)", "character 12: found '+', expected a number"},
  });
}

// -- numbers --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(numbers_against_their_rule_are_named_with_their_character) {
  const char* share = ", expected a share above 0, at most 1";
  BOOST_TEST(error_of("topk(0)") == std::string("character 6: share of topk is 0") + share);
  BOOST_TEST(error_of("stc(1.5)") == std::string("character 5: share of stc is 1.5") + share);
  BOOST_TEST(error_of("int8+randk(-1)") ==
             std::string("character 12: share of randk is -1") + share);
  check({
      {"powersgd(0)", "character 10: rank of powersgd is 0, expected a whole number from 1 to 64"},
      {"powersgd(65)",
       "character 10: rank of powersgd is 65, expected a whole number from 1 to 64"},
      {"powersgd(2.5)",
       "character 10: rank of powersgd is 2.5, expected a whole number from 1 to 64"},
      {"int8+zstd(20)", "character 11: level of zstd is 20, expected a whole number from 1 to 19"},
      {"dgc(0.1,warmup=-1)", "character 9: warmup of dgc is -1, expected a whole number of rounds"},
      {"dgc(0.1,warmup=1.5)",
       "character 9: warmup of dgc is 1.5, expected a whole number of rounds"},
      {"dgc(0.1,momentum=1)", "character 9: momentum of dgc is 1, expected at least 0, below 1"},
      {"dgc(0.1,clip=0)", "character 9: clip of dgc is 0, expected a norm above 0"},
      {"topk(share=inf)", "character 6: share of topk is inf, expected a share above 0, at most 1"},
      {"dgc(0.1,clip=tight)", "character 9: clip of dgc is tight, expected a norm above 0"},
  });
}

BOOST_AUTO_TEST_CASE(an_error_is_at_the_word_and_not_at_the_spaces_before_it) {
  check({
      {"powersgd(  65)",
       "character 12: rank of powersgd is 65, expected a whole number from 1 to 64"},
      {"topk(0.1, q=3)", "character 11: topk knows no 'q', or it is given twice"},
      {"int8 + int4", "character 8: int4 cannot follow int8, which does the same"},
  });
}

BOOST_AUTO_TEST_CASE(a_missing_number_is_asked_for_at_its_stage) {
  check({
      {"topk", "character 1: topk needs its share, a share above 0, at most 1, as in topk(...)"},
      {"topk(p=0.1)",
       "character 6: 'p' is not the share that topk needs, a share above 0, at most 1"},
      {"dgc(warmup=3)",
       "character 5: 'warmup' is not the share that dgc needs, a share above 0, at most 1"},
      {"powersgd+zstd",
       "character 1: powersgd needs its rank, a whole number from 1 to 64, as in powersgd(...)"},
  });
}

BOOST_AUTO_TEST_CASE(a_number_that_nobody_asks_for_is_an_error) {
  check({
      {"int8(3)", "character 6: int8 takes no number"},
      {"topk(0.1,0.2)", "character 10: topk takes one number without a name"},
      {"dgc(0.1,50)", "character 9: dgc takes one number without a name"},
      {"topk(0.1,q=3)", "character 10: topk knows no 'q', or it is given twice"},
      {"topk(0.1,share=0.2)", "character 10: topk knows no 'share', or it is given twice"},
      {"zstd(level=3,level=4)", "character 14: zstd knows no 'level', or it is given twice"},
  });
}

// -- the order of stages --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_unknown_stage_is_answered_with_the_known_ones) {
  const auto error = error_of("topk(0.1)+int9");
  BOOST_TEST(error.starts_with(
      "character 11: there is no stage 'int9' (did you mean int8?), expected fp16, "));
  BOOST_TEST(error.ends_with(" or zstd"));
  BOOST_TEST(error_of("none").starts_with("character 1: there is no stage 'none', expected "));
  BOOST_TEST(
      error_of("Top-K(0.1)")
          .starts_with("character 1: there is no stage 'Top-K' (did you mean topk?), expected "));
}

BOOST_AUTO_TEST_CASE(stages_that_exclude_each_other_are_refused_at_the_second) {
  check({
      {"int8+int4", "character 6: int4 cannot follow int8, which does the same"},
      {"topk(0.1)+randk(0.1)", "character 11: randk cannot follow topk, which does the same"},
      {"stc(0.1)+int8", "character 10: int8 cannot follow stc, which does the same"},
      {"sign+powersgd(1)", "character 6: powersgd cannot follow sign, which does the same"},
      {"powersgd(1)+golomb", "character 13: golomb cannot follow powersgd, which does the same"},
      {"topk(0.1)+golomb+index32",
       "character 18: index32 cannot follow golomb, which does the same"},
      {"zstd+zstd", "character 6: zstd cannot follow zstd, which does the same"},
      {"zstd+int8", "character 6: int8 cannot follow zstd, which comes last"},
  });
}

BOOST_AUTO_TEST_CASE(places_are_written_only_where_they_are_chosen_and_sent) {
  check({
      {"golomb",
       "character 1: golomb writes the choice of topk, dgc or stc, which must come before it"},
      {"int8+golomb",
       "character 6: golomb writes the choice of topk, dgc or stc, which must come before it"},
      {"randk(0.1)+index32",
       "character 12: index32 writes the choice of topk, dgc or stc, which must come before it"},
  });
}

// -- all stages -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_stage_is_in_the_documentation) {
  verge::test::check_documented(all_stages().names(), {"compression.md"});
}

BOOST_AUTO_TEST_SUITE_END()
