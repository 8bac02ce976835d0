#include "model/aggregation/rules/adaptive.hpp"

namespace verge::rules {

namespace {

struct adam_second {
  template <class T>
  static T next(T v, T squared, T beta2, T fresh) {
    return beta2 * v + fresh * squared;
  }
};

}  // namespace

std::unique_ptr<server_rule> make_adam(const federated_rule_options& options) {
  return std::make_unique<adaptive_rule<adam_second>>(options);
}

}  // namespace verge::rules
