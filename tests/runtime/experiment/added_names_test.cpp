// An experiment file with a network, a partition and a codec stage that are no part of the library.

#include <boost/test/unit_test.hpp>

#include "runtime/experiment_files.hpp"
#include "runtime/plan/arm_plan.hpp"
#include "support/noise_dataset.hpp"
#include "support/trained.hpp"
#include "verge/model/codec_stage.hpp"
#include "verge/model/layers.hpp"
#include "verge/model/partition.hpp"

namespace {

using namespace verge;
using namespace verge::test;

/// The network "logistic" under another name.
module_spec build_line(const network_options& options) {
  module_spec root;
  root.type = "Line";
  root.forward =
      "def forward(self, x):\n"
      "  return self.fc.forward(torch.flatten(x, 1))\n";
  root.children.push_back(
      networks::linear("fc", static_cast<std::int64_t>(options.input.elements()), options.classes));
  return root;
}

partition deal_reversed(const partition_rule&, const dataset& whole, std::uint32_t devices,
                        std::uint64_t) {
  std::vector<std::uint32_t> holders(whole.size());
  for (std::size_t i = 0; i < holders.size(); ++i)
    holders[i] = static_cast<std::uint32_t>((holders.size() - 1 - i) % devices);
  return partition::of_holders(holders, devices);
}

partition_rule read_reversed(const call_text&) {
  return {"reversed", deal_reversed};
}

/// Leaves the recipe as it is, so that values are written as they are.
void make_exact(const call_text&, codecs::codec_recipe&) {}

struct fixture {
  fixture() {
    add_network({"line", build_line, true});
    add_partition_rule({"reversed", read_reversed});
    add_codec_stage({"exact", codec_stage_role::values, make_exact});
  }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

/// The model at the end of the federated arm of short_experiment, with 4 devices and 40 samples.
model_state end_of(const std::vector<std::string>& overrides) {
  auto all = overrides;
  for (const char* one : {"devices.count=4", "devices.partition=reversed", "arm.fed.rounds=3"})
    all.emplace_back(one);
  const auto what = read_text(short_experiment, all);
  const auto samples = std::make_shared<noise_dataset>(40, sample_shape{1, 4, 4});
  experiment_data data{samples, samples, {}, 40, {}, 40};
  deal(data, what);
  const auto& arm = what.arms.at(2);
  return train(plan_arm(what, arm, data, build_network(what, arm, data))).state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(added_names_in_an_experiment_test)

BOOST_AUTO_TEST_CASE(added_names_are_read_and_written_as_those_of_the_library) {
  const data_directory directory;
  const auto e =
      read_experiment(directory.file("q.toml", short_experiment),
                      {"model.name=line", "model.norm=batch", "devices.partition=reversed",
                       "arm.fed.codec_up=topk(0.1)+exact"});
  BOOST_TEST(e.model.name == "line");
  // Of a network without norm layers it would be none.
  BOOST_CHECK(e.arms[2].norm == norm_kind::batch);
  BOOST_TEST(e.devices.partition == "reversed");
  BOOST_TEST(e.arms[2].codec_up == "topk(0.1)+exact");
  BOOST_TEST((read_experiment(directory.file("run.toml", to_toml(e))) == e));
}

BOOST_AUTO_TEST_CASE(problems_list_added_names) {
  check_equal(problems_of(short_experiment, {"model.name=lines"}),
              {"--set: model.name = \"lines\": expected \"logistic\", \"mlp\", \"lenet\", \"cnn\", "
               "\"small_cnn\", \"strided_cnn\", \"resnet18\" or \"line\""});
  check_equal(problems_of(short_experiment, {"devices.partition=reverse"}),
              {"--set: devices.partition = \"reverse\": expected a partition (\"reverse\", "
               "character 1: there is no partition 'reverse' (did you mean reversed?), expected "
               "iid, dirichlet, shards, labels, quantity or reversed)"});
  check_equal(problems_of(short_experiment, {"arm.fed.codec_up=exakt"}),
              {"--set: arm.fed.codec_up = \"exakt\": expected \"none\" or a codec (\"exakt\", "
               "character 1: there is no stage 'exakt' (did you mean exact?), expected fp16, bf16, "
               "int8, int4, sign, ternary, topk, randk, dgc, stc, powersgd, golomb, index32, zstd "
               "or exact)"});
}

BOOST_AUTO_TEST_CASE(an_arm_with_added_names_ends_on_the_bits_of_one_with_the_librarys_own) {
  const auto own = end_of({"model.name=logistic", "arm.fed.codec_up=topk(0.2)",
                           "arm.fed.server_rule=average", "arm.fed.server_learning_rate=0.5"});
  // "plain" is added_rule_test's, with this learning rate.
  const auto added =
      end_of({"model.name=line", "arm.fed.codec_up=topk(0.2)+exact", "arm.fed.server_rule=plain"});
  BOOST_TEST(same_bits(own.parameters, added.parameters));
  BOOST_TEST(!same_bits(own.parameters, end_of({"model.name=logistic"}).parameters));
}

BOOST_AUTO_TEST_SUITE_END()
