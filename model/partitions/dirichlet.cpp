#include <fmt/format.h>

#include <functional>

#include "model/partitions/arguments.hpp"
#include "model/partitions/equal_dirichlet.hpp"
#include "model/partitions/redraw.hpp"
#include "model/partitions/rule_readers.hpp"
#include "model/random/dirichlet_draws.hpp"

// Yurochkin et al., "Bayesian nonparametric federated learning of neural networks", ICML 2019: for
// each label p ~ Dir(alpha, ..., alpha) is drawn over the devices, and device k gets the share p_k
// of the label's samples. Their program also sets p_k to 0 for devices that have an equal share
// already, which makes mixtures sparser than alpha says. Here p is used as drawn.

namespace verge::partitions {

namespace {

partition deal_dirichlet(double alpha, const partition_rule& rule, const dataset& whole,
                         std::uint32_t devices, std::uint64_t seed) {
  const samples_by_label samples(whole, seed);
  constexpr const char* expected = "a larger alpha, fewer devices, or sizes=equal";
  const auto drawn = redraw(rule, samples.size(), devices, expected, [&](std::uint32_t attempt) {
    holder_list holders(samples.size());
    for (const auto label : samples.present()) {
      gamma_source source(stream_of(seed, draw::shares, label, attempt));
      deal_by_shares(samples.of(label), dirichlet(source, alpha, devices), holders);
    }
    return holders;
  });
  return partition::of_holders(drawn, devices);
}

}  // namespace

partition_rule read_dirichlet(const call_text& call) {
  const auto alpha = call.number("alpha", 0, concentration);
  if (call.says("sizes", "equal"))
    return {fmt::format("dirichlet({}, sizes=equal)", alpha),
            std::bind_front(deal_equal_dirichlet, alpha)};
  return {fmt::format("dirichlet({})", alpha), std::bind_front(deal_dirichlet, alpha)};
}

}  // namespace verge::partitions
