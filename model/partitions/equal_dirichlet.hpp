#pragma once

#include "verge/model/partition.hpp"

namespace verge::partitions {

/// What "dirichlet(alpha, sizes=equal)" deals.
partition deal_equal_dirichlet(double alpha, const partition_rule& rule, const dataset& whole,
                               std::uint32_t devices, std::uint64_t seed);

}  // namespace verge::partitions
