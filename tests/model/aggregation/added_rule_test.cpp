// A rule that is no part of the library, as a program adds it.

#include <boost/test/unit_test.hpp>

#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/server_rule.hpp"

using namespace verge;
using verge::test::message_of;

namespace {

/// v <- beta v + Delta;   step = eta sign(v)
class sign_rule final : public server_rule {
public:
  explicit sign_rule(const federated_rule_options& options) : options_(options) {}

  void apply(const round_facts&, const flat_buffer&, flat_buffer& step) override {
    if (velocity_.empty()) velocity_ = flat_buffer{step.type(), step.size()};
    with_scalar(step.type(), [&](auto zero) {
      using T = decltype(zero);
      const auto v = velocity_.as<T>(), d = step.as<T>();
      for (std::size_t i = 0; i < d.size(); ++i) {
        v[i] = static_cast<T>(options_.momentum) * v[i] + d[i];
        d[i] = static_cast<T>(v[i] > 0 ? options_.learning_rate : -options_.learning_rate);
      }
    });
  }

  std::vector<flat_buffer> memory() const override { return {velocity_}; }
  void remember(std::vector<flat_buffer> memory) override { velocity_ = memory.at(0); }

private:
  federated_rule_options options_;
  flat_buffer velocity_;
};

constexpr server_rule_entry added{
    .name = "sign_of_mean",
    .make = [](const federated_rule_options& options) -> std::unique_ptr<server_rule> {
      return std::make_unique<sign_rule>(options);
    },
    .learning_rate = 0.25,
    .momentum = 0.5};

struct fixture {
  fixture() { add_server_rule(added); }
};
BOOST_TEST_GLOBAL_FIXTURE(fixture);

}  // namespace

BOOST_AUTO_TEST_SUITE(added_rule_test)

BOOST_AUTO_TEST_CASE(an_added_rule_is_made_by_its_name_with_its_defaults) {
  BOOST_TEST(server_rule_names().back() == "sign_of_mean");
  const federated_rule_options options{"sign_of_mean"};
  BOOST_TEST(options.learning_rate == 0.25);
  BOOST_TEST(options.momentum == 0.5);
  const auto rule = make_federated_rule(options);
  flat_buffer step{scalar::float64, 2};
  const auto apply = [&](double first, double second) {
    step.as<double>()[0] = first;
    step.as<double>()[1] = second;
    rule->apply({}, step.clone(), step);
  };
  apply(3.0, -0.1);
  BOOST_TEST(step.as<double>()[0] == 0.25);
  BOOST_TEST(step.as<double>()[1] == -0.25);
  // The velocity of the first is 1.5 - 1, that of the second -0.05 + 0.1.
  apply(-1.0, 0.1);
  BOOST_TEST(step.as<double>()[0] == 0.25);
  BOOST_TEST(step.as<double>()[1] == 0.25);
}

BOOST_AUTO_TEST_CASE(the_numbers_that_an_added_rule_takes_are_checked) {
  federated_rule_options options{"sign_of_mean"};
  options.tau = -1.0;
  BOOST_CHECK_NO_THROW(make_federated_rule(options));
  options.momentum = 1.0;
  BOOST_CHECK_THROW(make_federated_rule(options), bad_input);
}

BOOST_AUTO_TEST_CASE(an_added_rule_is_among_those_that_an_error_lists) {
  BOOST_TEST(message_of<bad_input>([] { federated_rule_options{"sign_of_means"}; }) ==
             "there is no server rule \"sign_of_means\"; expected one of average, momentum, adam, "
             "yogi, adagrad, scaffold, sign_of_mean");
}

BOOST_AUTO_TEST_CASE(a_rule_is_added_once) {
  BOOST_CHECK_THROW(add_server_rule(added), bad_input);
  BOOST_CHECK_THROW(add_server_rule({.name = "average", .make = added.make}), bad_input);
  BOOST_CHECK_THROW(add_server_rule({.name = "Sign", .make = added.make}), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
