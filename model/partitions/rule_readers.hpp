#pragma once

#include "verge/model/partition_rule.hpp"

namespace verge::partitions {

// A new rule is a file that defines a reader, which is declared here, and a line of the table in
// partition_rule.cpp. Each file names the source of its rule.

using rule_reader = partition_rule(const call_text& call);

rule_reader read_iid;
rule_reader read_dirichlet;
rule_reader read_shards;
rule_reader read_labels;
rule_reader read_quantity;

}  // namespace verge::partitions
