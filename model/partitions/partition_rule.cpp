#include "verge/model/partition_rule.hpp"

#include "model/partitions/rule_readers.hpp"
#include "model/text/named_set.hpp"

namespace verge {

namespace {

constexpr partition_rule_entry table[] = {
    {"iid", partitions::read_iid},              // without arguments
    {"dirichlet", partitions::read_dirichlet},  // alpha, perhaps sizes=equal
    {"shards", partitions::read_shards},        // per_device
    {"labels", partitions::read_labels},        // per_device
    {"quantity", partitions::read_quantity},    // beta
};

named_set<partition_rule_entry>& all_rules() {
  static named_set<partition_rule_entry> rules{"partition rule", table};
  return rules;
}

}  // namespace

partition_rule read_partition_rule(std::string_view text) {
  const auto call = parse_call(text, "partition");
  const auto* entry = all_rules().find(call.name());
  if (!entry) call.fail_unknown("partition", partition_rule_names());
  auto rule = entry->read(call);
  call.expect_no_more();
  return rule;
}

std::string to_text(const partition_rule& rule) {
  return rule.text;
}

std::vector<std::string> partition_rule_names() {
  return all_rules().names();
}

void add_partition_rule(const partition_rule_entry& entry) {
  all_rules().add(entry);
}

}  // namespace verge
