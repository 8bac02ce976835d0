#include "model/partitions/deal.hpp"
#include "model/partitions/redraw.hpp"
#include "model/random/dirichlet_draws.hpp"
#include "verge/model/dataset.hpp"

// Li et al. 2022, quantity skew: a shuffle is cut into shards whose shares of the data are ~
// Dir(beta).

namespace verge::partitions {

holder_list deal_quantity(const quantity_partition& rule, const dataset& whole,
                          std::uint32_t devices, std::uint64_t seed) {
  const auto order = shuffled(whole.size(), stream_of(seed, draw::order));
  constexpr const char* expected = "a larger beta, or fewer devices";
  return redraw(rule, order.size(), devices, expected, [&](std::uint32_t attempt) {
    holder_list holders(order.size());
    gamma_source source(stream_of(seed, draw::shares, 0, attempt));
    deal_by_shares(order, dirichlet(source, rule.beta, devices), holders);
    return holders;
  });
}

}  // namespace verge::partitions
