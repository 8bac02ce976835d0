#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"
#include "runtime/report/run_record.hpp"

namespace verge::report {

/// A section of the page with the accuracies of each arm's last test by label and by device. It has
/// one table per run; a cell is darker the lower its accuracy is. Leaves out runs without such
/// accuracies.
std::string label_accuracy_section(const std::vector<run_record>& runs);

/// Figure `number` of the page, the accuracy of the least accurate device by epoch; empty where no
/// arm has such a curve.
std::string device_figure(const std::vector<arm_curves>& arms, std::string_view number);

}  // namespace verge::report
