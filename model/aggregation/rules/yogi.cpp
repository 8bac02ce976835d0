#include "model/aggregation/rules/adaptive.hpp"

namespace verge::rules {

namespace {

/// v goes towards Delta^2 by a share of Delta^2, where Adam's goes by a share of the distance: a run of
/// small Deltas does not make it forget a large one.
struct yogi_second {
  template <class T>
  static T next(T v, T squared, T, T fresh) {
    const T sign = static_cast<T>(v > squared) - static_cast<T>(v < squared);
    return v - fresh * squared * sign;
  }
};

}  // namespace

std::unique_ptr<server_rule> make_yogi(const federated_rule_options& options) {
  return std::make_unique<adaptive_rule<yogi_second>>(options);
}

}  // namespace verge::rules
