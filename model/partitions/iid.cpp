#include "model/partitions/rule_readers.hpp"
#include "verge/model/partition.hpp"

// iid: a seeded shuffle, cut into equal shards.

namespace verge::partitions {

namespace {

partition deal_iid(const partition_rule&, const dataset& whole, std::uint32_t devices,
                   std::uint64_t seed) {
  return partition::iid(whole.size(), devices, seed);
}

}  // namespace

partition_rule read_iid(const call_text&) {
  return {"iid", deal_iid};
}

}  // namespace verge::partitions
