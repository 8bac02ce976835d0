#include "model/partitions/deal.hpp"
#include "model/partitions/redraw.hpp"
#include "model/random/dirichlet_draws.hpp"
#include "verge/model/dataset.hpp"

// Yurochkin et al., "Bayesian nonparametric federated learning of neural networks", ICML 2019: for
// each label p ~ Dir(alpha, ..., alpha) is drawn over the devices, and device k gets the share p_k
// of the label's samples. Their program also sets p_k to 0 for devices that have an equal share
// already, which makes mixtures sparser than alpha says. Here p is used as drawn.

namespace verge::partitions {

holder_list deal_dirichlet(const dirichlet_partition& rule, const dataset& whole,
                           std::uint32_t devices, std::uint64_t seed) {
  const samples_by_label samples(whole, seed);
  constexpr const char* expected = "a larger alpha, fewer devices, or sizes=equal";
  return redraw(rule, samples.size(), devices, expected, [&](std::uint32_t attempt) {
    holder_list holders(samples.size());
    for (const auto label : samples.present()) {
      gamma_source source(stream_of(seed, draw::shares, label, attempt));
      deal_by_shares(samples.of(label), dirichlet(source, rule.alpha, devices), holders);
    }
    return holders;
  });
}

}  // namespace verge::partitions
