// Properties 1 and 4 of the design with every codec: the bits of a run do not depend on trainers or
// on the order of arrival, and a lossless codec gives the bits of a run without a codec.

#include <boost/test/unit_test.hpp>

#include "support/trained.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using namespace verge::test;

namespace {

run_plan plan_with(strategy how, norm_kind norm = norm_kind::none, const char* name = "small_cnn") {
  auto plan = plan_of_twelve(std::move(how), name, norm);
  plan.evaluate_every = 0;
  return plan;
}

run_plan with_codecs(run_plan plan, const std::string& up, const std::string& down) {
  plan.codec_up = up;
  plan.codec_down = down;
  return plan;
}

struct codec_pair {
  const char* up;
  const char* down;
};

void check_same(const trained& got, const trained& expected, const std::string& what) {
  BOOST_TEST(same_bits(got.state.parameters, expected.state.parameters), what);
  BOOST_TEST(same_bits(got.state.statistics, expected.state.statistics), what);
  BOOST_REQUIRE(got.rounds.size() == expected.rounds.size());
  for (std::size_t i = 0; i < got.rounds.size(); ++i) {
    BOOST_TEST(got.rounds[i].train_loss == expected.rounds[i].train_loss, what);
    BOOST_TEST(got.rounds[i].bytes_up == expected.rounds[i].bytes_up, what);
    BOOST_TEST(got.rounds[i].bytes_down == expected.rounds[i].bytes_down, what);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_runs)

BOOST_AUTO_TEST_CASE(one_trainer_and_three_with_shuffled_arrival_end_on_the_same_bits) {
  for (const auto& [up, down] : {codec_pair{"fp16", "bf16"},
                                 {"int8", "int4"},
                                 {"sign", "sign"},
                                 {"ternary", "model"},
                                 {"topk(0.01)", "topk(0.01)"},
                                 {"randk(0.1)", "fp16"},
                                 {"dgc(0.01, warmup=3)", "stc(0.01)"},
                                 {"stc(0.01)", "stc(0.01)"},
                                 {"powersgd(2)", "powersgd(2)"},
                                 {"topk(0.05)+int8+zstd", "zstd"},
                                 {"bf16", "sign"},
                                 {"int4", "randk(0.1)"},
                                 {"ternary(2)", "topk(0.05)+index32"},
                                 {"dgc(0.01, clip=1)", "int8"}}) {
    const auto plan = with_codecs(plan_with(large_batch(8, constant_rate(0.1))), up, down);
    check_same(train(plan, 3, 17), train(plan, 1), std::string(up) + " / " + down);
  }
  for (const auto& [up, down] : {codec_pair{"stc(0.02)", "stc(0.02)"}, {"int8", "model"}}) {
    const auto plan = with_codecs(plan_with(federated(8, 0, 1, constant_rate(0.05))), up, down);
    check_same(train(plan, 3, 17), train(plan, 1), std::string(up) + " / " + down);
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_statistics_go_both_ways_beside_a_codec) {
  auto plan = plan_with(federated(5, 0, 1, constant_rate(0.05)), norm_kind::batch, "resnet18");
  plan.rounds = 3;
  plan.cohort = 4;
  const auto packed = with_codecs(plan, "topk(1)", "topk(1)");
  const auto plain = train(plan, 2);
  const auto got = train(packed, 2, 5);
  BOOST_TEST(same_bits(got.state.parameters, plain.state.parameters));
  BOOST_TEST(same_bits(got.state.statistics, plain.state.statistics));
  BOOST_TEST(got.state.batches_tracked == plain.state.batches_tracked);
}

BOOST_AUTO_TEST_CASE(codecs_at_their_loss_free_settings_are_no_codec) {
  for (auto& plan : {plan_with(large_batch(8, constant_rate(0.1))),
                     plan_with(federated(8, 0, 1, constant_rate(0.05), 0.9))}) {
    const auto plain = train(plan, 2);
    // dgc is for gradients.
    const bool federated_plan = plan.how.plan.work.kind == update_kind::displacement;
    for (const auto& [up, down] : {codec_pair{"topk(1)", "model"},
                                   {"topk(1)", "topk(1)"},
                                   {"randk(1)", "randk(1)"},
                                   {federated_plan ? "zstd" : "dgc(1, momentum=0)", "zstd"}}) {
      const auto got = train(with_codecs(plan, up, down), 2);
      BOOST_TEST(same_bits(got.state.parameters, plain.state.parameters));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_codec_that_brings_a_momentum_is_for_gradients_without_one) {
  const auto gradients = plan_with(large_batch(8, constant_rate(0.1)));
  const auto with_momentum = plan_with(large_batch(8, constant_rate(0.1), 0.9));
  const auto displacements = plan_with(federated(8, 0, 1, constant_rate(0.05)));
  BOOST_CHECK_THROW(train(with_codecs(with_momentum, "dgc(0.1)", "model")), bad_input);
  BOOST_CHECK_THROW(train(with_codecs(displacements, "dgc(0.1)", "model")), bad_input);
  BOOST_CHECK_THROW(train(with_codecs(gradients, "none", "dgc(0.1)")), bad_input);
}

BOOST_AUTO_TEST_CASE(dgc_without_momentum_is_topk_through_a_whole_run) {
  const auto plan = plan_with(large_batch(8, constant_rate(0.1)));
  const auto topk = train(with_codecs(plan, "topk(0.02)", "stc(0.05)"), 2);
  const auto dgc = train(with_codecs(plan, "dgc(0.02, momentum=0)", "stc(0.05)"), 2);
  BOOST_TEST(same_bits(dgc.state.parameters, topk.state.parameters));
}

BOOST_AUTO_TEST_SUITE_END()
