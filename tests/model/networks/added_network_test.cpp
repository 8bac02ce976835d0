// A network that is no part of the library, as a program adds it.

#include <boost/test/unit_test.hpp>

#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/layers.hpp"
#include "verge/model/learner.hpp"

using namespace verge;
using verge::test::message_of;

namespace {

constexpr initial_values halves{initial_values::distribution::constant, 0.5};

/// Each logit is half the sum of all pixels, at first.
module_spec build_half_sums(const network_options& options) {
  module_spec root;
  root.type = "HalfSums";
  root.forward =
      "def forward(self, x):\n"
      "  return self.fc.forward(torch.flatten(x, 1))\n";
  root.children.push_back(networks::linear("fc",
                                           static_cast<std::int64_t>(options.input.elements()),
                                           options.classes, halves, networks::zeros));
  return root;
}

struct fixture {
  fixture() { add_network({"half_sums", build_half_sums}); }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

network build(const char* name) {
  return network::build({.name = name, .input = {1, 2, 3}, .classes = 2});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(added_network_test)

BOOST_AUTO_TEST_CASE(an_added_network_is_built_by_its_name_and_computes) {
  const auto net = build("half_sums");
  BOOST_REQUIRE_EQUAL(net.layout().entries().size(), 2u);
  BOOST_TEST(net.layout().entries()[0].name == "fc.weight");
  BOOST_TEST(net.layout().parameter_count() == 2u * 6u + 2u);
  learner trained(net);
  trained.load(net.initial_state(1));
  const std::vector<float> pictures{1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 8};
  BOOST_TEST((trained.logits(pictures) == std::vector<double>{10.5, 10.5, 4.0, 4.0}));
}

BOOST_AUTO_TEST_CASE(an_added_network_is_among_those_that_there_are) {
  BOOST_TEST(network_names().back() == "half_sums");
  BOOST_TEST(!has_norm_layers("half_sums"));
  BOOST_TEST(
      message_of<bad_input>([] { build("half_sum"); }) ==
      "there is no network \"half_sum\"; expected one of logistic, mlp, lenet, cnn, small_cnn, "
      "strided_cnn, resnet18, half_sums");
}

BOOST_AUTO_TEST_CASE(a_network_is_added_once) {
  for (const char* name : {"half_sums", "cnn", "Half", "half-sums"})
    BOOST_CHECK_THROW(add_network({name, build_half_sums}), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
