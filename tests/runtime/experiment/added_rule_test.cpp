// What an experiment file makes of a server rule that is no part of the library.

#include <boost/test/unit_test.hpp>

#include "runtime/experiment_files.hpp"
#include "verge/model/server_rule.hpp"

namespace {

using namespace verge;
using namespace verge::test;

/// step = eta Delta, and nothing of its tau.
class plain_rule final : public server_rule {
public:
  explicit plain_rule(double learning_rate) : learning_rate_(learning_rate) {}
  void apply(const round_facts&, const flat_buffer&, flat_buffer& step) override {
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      for (T& d : step.as<T>()) d *= static_cast<T>(learning_rate_);
    });
  }

private:
  double learning_rate_;
};

struct fixture {
  fixture() {
    add_server_rule(
        {.name = "plain",
         .make = [](const federated_rule_options& options) -> std::unique_ptr<server_rule> {
           return std::make_unique<plain_rule>(options.learning_rate);
         },
         .learning_rate = 0.5,
         .tau = 0.125});
  }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

}  // namespace

BOOST_AUTO_TEST_SUITE(added_rule_in_an_experiment_test)

BOOST_AUTO_TEST_CASE(an_added_rule_is_read_with_its_defaults_and_written_with_its_numbers) {
  const data_directory directory;
  const auto e = read_experiment(directory.file("q.toml", short_experiment),
                                 {"arm.fed.server_rule=plain", "arm.fed.server_learning_rate=2"});
  const auto& server = e.arms[2].server;
  BOOST_TEST(server.rule->name == "plain");
  BOOST_TEST(server.learning_rate == 2.0);
  BOOST_TEST(server.tau == 0.125);
  const auto text = to_toml(e);
  BOOST_TEST(text.find("server_rule = \"plain\"\nserver_learning_rate = 2\nserver_tau = 0.125\n") !=
                 std::string::npos,
             text);
  BOOST_TEST((read_experiment(directory.file("run.toml", text)) == e));
}

BOOST_AUTO_TEST_CASE(problems_with_rules_and_their_numbers_name_an_added_rule) {
  check_equal(problems_of(short_experiment, {"arm.fed.server_rule=plane"}),
              {"--set: arm.fed.server_rule = \"plane\": expected \"average\", \"momentum\", "
               "\"adam\", \"yogi\", \"adagrad\", \"scaffold\" or \"plain\""});
  check_equal(problems_of(short_experiment, {"arm.fed.server_tau=0.5"}),
              {"--set: arm.fed.server_tau = 0.5: expected this key with a server_rule of \"adam\", "
               "\"yogi\", \"adagrad\" or \"plain\" only, the rule is \"average\""});
  check_equal(
      problems_of(short_experiment, {"arm.fed.server_rule=plain", "arm.fed.server_momentum=0.5"}),
      {"--set: arm.fed.server_momentum = 0.5: expected this key with a server_rule of "
       "\"momentum\", \"adam\", \"yogi\" or \"adagrad\" only, the rule is \"plain\""});
}

BOOST_AUTO_TEST_SUITE_END()
