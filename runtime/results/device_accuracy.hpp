#pragma once

#include "runtime/results/partition_table.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// Computes accuracies by device, for the rows of `table`, from a model's accuracies by label: the
/// expected accuracy on test samples whose labels have the frequencies of the device's training
/// samples. Labels without test samples are left out. No sample of a device is used.
accuracy_list accuracy_by_device(const partition_table& table, const accuracy_list& by_label);

}  // namespace verge
