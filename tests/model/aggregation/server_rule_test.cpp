#include "verge/model/server_rule.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "model/aggregation/rule_inputs.hpp"
#include "support/documented.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/strategy.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr const char* every_rule[] = {"average", "momentum", "adam", "yogi", "adagrad"};

/// The mean displacement of a round. Its size differs from parameter to parameter and from round to
/// round, and is 0 for the first parameter.
flat_buffer delta(scalar type, std::uint32_t round) {
  auto values = noise_of(type, round);
  with_scalar(type, [&](auto zero) {
    using T = decltype(zero);
    const auto d = values.as<T>();
    for (std::size_t i = 0; i < d.size(); ++i)
      d[i] *= static_cast<T>(std::pow(10.0, -static_cast<double>((i + round) % 5)));
    d[0] = T{0};
  });
  return values;
}

/// A rule for one parameter, in float64 and as the papers write it. Returns what is added to w.
using scalar_rule = std::function<double(double delta)>;

scalar_rule plain_momentum(double eta, double beta) {
  return [=, v = 0.0](double d) mutable {
    v = beta * v + d;
    return eta * v;
  };
}

scalar_rule plain_adaptive(const std::string& rule, double eta, double beta1, double beta2,
                           double tau) {
  return [=, m = 0.0, v = tau * tau](double d) mutable {
    m = beta1 * m + (1 - beta1) * d;
    if (rule == "adam") v = beta2 * v + (1 - beta2) * d * d;
    if (rule == "yogi") {
      if (v > d * d)
        v -= (1 - beta2) * d * d;
      else if (v < d * d)
        v += (1 - beta2) * d * d;
    }
    if (rule == "adagrad") v += d * d;
    return eta * m / (std::sqrt(v) + tau);
  };
}

/// Runs 50 rounds by the rule and by the plain loop, from the same model.
void check_against(const federated_rule_options& options, const scalar_rule& plain) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const auto rule = make_federated_rule(options);
    std::vector<scalar_rule> expected_rules(rule_size, plain);
    auto current = noise_of(type, 0);
    auto expected = doubles(current);
    for (std::uint32_t round = 1; round <= 50; ++round) {
      auto next = delta(type, round);
      const auto moved = doubles(next);
      rule->apply({}, current, next);
      take_step(current, next);
      current = next;
      for (std::size_t i = 0; i < rule_size; ++i) expected[i] += expected_rules[i](moved[i]);
    }
    double worst = 0.0;
    for (std::size_t i = 0; i < rule_size; ++i)
      worst = std::max(worst, std::abs(doubles(current)[i] - expected[i]) /
                                  std::max(1.0, std::abs(expected[i])));
    BOOST_TEST_MESSAGE("largest difference " << worst);
    BOOST_TEST(worst < (type == scalar::float32 ? 1e-5 : 1e-13));
    // The parameter that no device moved has stayed.
    BOOST_TEST(doubles(current)[0] == doubles(noise_of(type, 0))[0]);
    BOOST_TEST(std::abs(doubles(current)[1] - doubles(noise_of(type, 0))[1]) > 1e-3);
  }
}

bool same_bits(const flat_buffer& a, const flat_buffer& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_rule_test)

BOOST_AUTO_TEST_CASE(the_sgd_rule_is_that_of_a_plain_loop_over_several_rounds) {
  for (const auto type : {scalar::float32, scalar::float64})
    for (const double momentum : {0.0, 0.9})
      for (const double decay : {0.0, 5e-4}) {
        const auto rule = make_sgd_rule();
        auto current = noise_of(type, 0);
        auto expected = doubles(current);
        std::vector<double> velocity(rule_size, 0.0);
        for (std::uint32_t round = 1; round <= 6; ++round) {
          // The rate changes, as a schedule changes it. It is not part of the velocity.
          const double rate = 0.3 / round;
          auto next = noise_of(type, round);
          const auto gradient = doubles(next);
          rule->apply({work_with(rate, momentum, decay)}, current, next);
          take_step(current, next);
          current = next;
          for (std::size_t i = 0; i < rule_size; ++i) {
            velocity[i] = momentum * velocity[i] + gradient[i] + decay * expected[i];
            expected[i] -= rate * velocity[i];
            const double precision = type == scalar::float32 ? 1e-5 : 1e-14;
            BOOST_TEST(std::abs(doubles(current)[i] - expected[i]) < precision);
          }
        }
      }
}

BOOST_AUTO_TEST_CASE(averaging_adds_the_mean_displacement_whatever_the_rate) {
  for (const auto type : {scalar::float32, scalar::float64}) {
    const auto current = noise_of(type, 0);
    const auto displacement = doubles(noise_of(type, 1));
    auto next = noise_of(type, 1);
    make_federated_rule()->apply({work_with(17.0, 0.9, 0.1)}, current, next);
    take_step(current, next);
    for (std::size_t i = 0; i < rule_size; ++i) {
      const double sum = doubles(current)[i] + displacement[i];
      BOOST_TEST(doubles(next)[i] == (type == scalar::float32 ? static_cast<float>(sum) : sum));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_average_with_a_learning_rate_moves_by_so_much_of_the_mean) {
  federated_rule_options options;
  options.learning_rate = 0.3;
  check_against(options, [](double d) { return 0.3 * d; });
}

BOOST_AUTO_TEST_CASE(server_momentum_is_that_of_a_plain_loop) {
  check_against("momentum", plain_momentum(1.0, 0.9));
  federated_rule_options options{"momentum"};
  options.learning_rate = 0.25;
  options.momentum = 0.5;
  check_against(options, plain_momentum(0.25, 0.5));
}

BOOST_AUTO_TEST_CASE(server_momentum_of_zero_is_averaging_to_the_bit) {
  for (const auto type : {scalar::float32, scalar::float64})
    for (const double rate : {1.0, 0.3}) {
      federated_rule_options averaging, momentum{"momentum"};
      averaging.learning_rate = momentum.learning_rate = rate;
      momentum.momentum = 0.0;
      const auto one = make_federated_rule(averaging), other = make_federated_rule(momentum);
      for (std::uint32_t round = 1; round <= 5; ++round) {
        auto a = delta(type, round);
        // The sign of a zero must agree as well.
        if (round % 2 == 0)
          with_scalar(type, [&](auto zero) { a.as<decltype(zero)>()[0] = -zero; });
        auto b = a.clone();
        one->apply({}, noise_of(type, 0), a);
        other->apply({}, noise_of(type, 0), b);
        BOOST_TEST(same_bits(a, b));
      }
    }
}

BOOST_AUTO_TEST_CASE(the_adaptive_rules_are_those_of_a_plain_loop) {
  check_against("adam", plain_adaptive("adam", 0.01, 0.9, 0.99, 1e-3));
  check_against("yogi", plain_adaptive("yogi", 0.01, 0.9, 0.99, 1e-3));
  check_against("adagrad", plain_adaptive("adagrad", 0.01, 0.0, 0.0, 1e-3));
  for (const char* rule : {"adam", "yogi", "adagrad"})
    for (const double beta1 : {0.0, 0.7}) {
      federated_rule_options options{rule};
      options.learning_rate = 0.05;
      options.momentum = beta1;
      options.beta2 = 0.8;
      options.tau = 0.02;
      check_against(options, plain_adaptive(rule, 0.05, beta1, 0.8, 0.02));
    }
}

BOOST_AUTO_TEST_CASE(
    the_first_step_of_an_adaptive_rule_begins_with_a_second_moment_of_tau_squared) {
  // One parameter with Delta = tau, beta1 = 0: adam and yogi stay at v = tau^2, adagrad goes to 2
  // tau^2.
  for (const char* rule : {"adam", "yogi", "adagrad"}) {
    federated_rule_options options{rule};
    options.learning_rate = 1.0;
    options.momentum = 0.0;
    options.tau = 0.25;
    flat_buffer step{scalar::float64, 1};
    step.as<double>()[0] = 0.25;
    make_federated_rule(options)->apply({}, step.clone(), step);
    const double root = std::string{rule} == "adagrad" ? std::sqrt(2.0) : 1.0;
    BOOST_TEST(step.as<double>()[0] == 1.0 / (root + 1.0), boost::test_tools::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(a_federated_rule_does_not_look_at_the_devices_rate_and_momentum) {
  for (const char* rule : every_rule) {
    auto one = delta(scalar::float32, 1), other = delta(scalar::float32, 1);
    make_federated_rule(rule)->apply({work_with(17.0, 0.9, 0.1)}, noise_of(scalar::float32, 0),
                                     one);
    make_federated_rule(rule)->apply({work_with(0.1, 0.0, 0.0)}, noise_of(scalar::float32, 2),
                                     other);
    BOOST_TEST(same_bits(one, other));
  }
}

BOOST_AUTO_TEST_CASE(a_rule_goes_on_from_what_another_remembers) {
  std::vector<std::function<std::unique_ptr<server_rule>()>> makers{make_sgd_rule};
  for (const char* rule : every_rule) {
    makers.push_back([=] { return make_federated_rule(rule); });
    federated_rule_options without{rule};
    without.momentum = 0.0;
    makers.push_back([=] { return make_federated_rule(without); });
  }
  const auto current = noise_of(scalar::float32, 1);
  for (const auto& make : makers)
    for (const double momentum : {0.0, 0.9})
      for (const std::uint32_t before : {0u, 1u, 4u}) {
        const auto work = work_with(0.1, momentum, 0.0);
        const auto rule = make(), later = make();
        std::uint32_t round = 2;
        for (; round < 2 + before; ++round) {
          auto step = delta(scalar::float32, round);
          rule->apply({work}, current, step);
        }
        auto memory = rule->memory();
        for (auto& one : memory) one = one.clone();
        later->remember(memory);
        for (; round < 10; ++round) {
          auto expected = delta(scalar::float32, round), got = delta(scalar::float32, round);
          rule->apply({work}, current, expected);
          later->apply({work}, current, got);
          BOOST_TEST(same_bits(got, expected));
        }
      }
}

BOOST_AUTO_TEST_CASE(what_a_rule_remembers_is_as_large_as_it_needs) {
  const auto sizes = [](const federated_rule_options& options) {
    const auto rule = make_federated_rule(options);
    auto step = delta(scalar::float32, 1);
    rule->apply({}, noise_of(scalar::float32, 0), step);
    std::vector<std::size_t> result;
    for (const auto& one : rule->memory()) result.push_back(one.size());
    return result;
  };
  using expected = std::vector<std::size_t>;
  BOOST_TEST((sizes("average") == expected{}));
  BOOST_TEST((sizes("momentum") == expected{rule_size}));
  BOOST_TEST((sizes("adam") == expected{rule_size, rule_size}));
  BOOST_TEST((sizes("yogi") == expected{rule_size, rule_size}));
  BOOST_TEST((sizes("adagrad") == expected{0, rule_size}));
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_refused_where_the_rule_has_a_use_for_them) {
  const auto refused = [](const char* rule, double federated_rule_options::*number, double value) {
    federated_rule_options options{rule};
    options.*number = value;
    try {
      make_federated_rule(options);
    } catch (const bad_input&) {
      return true;
    }
    return false;
  };
  using o = federated_rule_options;
  BOOST_TEST(refused("average", &o::learning_rate, 0.0));
  BOOST_TEST(refused("momentum", &o::momentum, 1.0));
  BOOST_TEST(!refused("average", &o::momentum, 1.0));
  BOOST_TEST(refused("adam", &o::beta2, -0.1));
  BOOST_TEST(!refused("adagrad", &o::beta2, -0.1));
  BOOST_TEST(refused("yogi", &o::tau, 0.0));
  BOOST_TEST(!refused("scaffold", &o::tau, 0.0));
}

BOOST_AUTO_TEST_CASE(every_rule_is_in_the_documentation) {
  check_documented(server_rule_names(), {"strategies.md", "experiment_file.md"});
}

BOOST_AUTO_TEST_SUITE_END()
