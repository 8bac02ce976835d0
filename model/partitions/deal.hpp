#pragma once

#include "model/partitions/holders.hpp"

/// One function per rule. Each throws bad_input where the rule cannot be kept.
namespace verge::partitions {

holder_list deal_dirichlet(const dirichlet_partition& rule, const dataset& whole,
                           std::uint32_t devices, std::uint64_t seed);
holder_list deal_equal_dirichlet(const dirichlet_partition& rule, const dataset& whole,
                                 std::uint32_t devices, std::uint64_t seed);
holder_list deal_shards(const shards_partition& rule, const dataset& whole, std::uint32_t devices,
                        std::uint64_t seed);
holder_list deal_labels(const labels_partition& rule, const dataset& whole, std::uint32_t devices,
                        std::uint64_t seed);
holder_list deal_quantity(const quantity_partition& rule, const dataset& whole,
                          std::uint32_t devices, std::uint64_t seed);

}  // namespace verge::partitions
