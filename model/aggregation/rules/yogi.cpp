#include "model/aggregation/rules/adaptive.hpp"

namespace verge::rules {

namespace {

/// v moves towards Delta^2 by a share of Delta^2. Adam's v moves by a share of the distance. With
/// Yogi a run of small Deltas does not make v forget a large one.
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
