#include "model/aggregation/rules/adaptive.hpp"

namespace verge::rules {

namespace {

struct adagrad_second {
  template <class T>
  static T next(T v, T squared, T, T) {
    return v + squared;
  }
};

}  // namespace

std::unique_ptr<server_rule> make_adagrad(const federated_rule_options& options) {
  return std::make_unique<adaptive_rule<adagrad_second>>(options);
}

}  // namespace verge::rules
