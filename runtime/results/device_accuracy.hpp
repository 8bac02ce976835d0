#pragma once

#include "runtime/results/partition_table.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// What a model's accuracies by label come to for the rows of `table`: the accuracy to expect of test samples whose labels
/// are as frequent as among the device's training samples. Labels without test samples are left out. No sample of a
/// device is looked at.
accuracy_list accuracy_by_device(const partition_table& table, const accuracy_list& by_label);

}  // namespace verge
