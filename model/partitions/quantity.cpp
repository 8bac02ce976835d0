#include <fmt/format.h>

#include <functional>

#include "model/partitions/arguments.hpp"
#include "model/partitions/redraw.hpp"
#include "model/partitions/rule_readers.hpp"
#include "model/random/dirichlet_draws.hpp"
#include "verge/model/partition.hpp"

// Li et al. 2022, quantity skew: a shuffle is cut into shards whose shares of the data are ~
// Dir(beta).

namespace verge::partitions {

namespace {

partition deal_quantity(double beta, const partition_rule& rule, const dataset& whole,
                        std::uint32_t devices, std::uint64_t seed) {
  const auto order = shuffled(whole.size(), stream_of(seed, draw::order));
  constexpr const char* expected = "a larger beta, or fewer devices";
  const auto drawn = redraw(rule, order.size(), devices, expected, [&](std::uint32_t attempt) {
    holder_list holders(order.size());
    gamma_source source(stream_of(seed, draw::shares, 0, attempt));
    deal_by_shares(order, dirichlet(source, beta, devices), holders);
    return holders;
  });
  return partition::of_holders(drawn, devices);
}

}  // namespace

partition_rule read_quantity(const call_text& call) {
  const auto beta = call.number("beta", 0, concentration);
  return {fmt::format("quantity({})", beta), std::bind_front(deal_quantity, beta)};
}

}  // namespace verge::partitions
