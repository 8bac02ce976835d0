#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"
#include "runtime/report/run_record.hpp"

namespace verge::report {

/// What the last test of each arm says of labels and devices as a section of the page, for each run a table whose cells
/// are the darker the more is wrong; without runs that do not say.
std::string label_accuracy_section(const std::vector<run_record>& runs);

/// The accuracy of the least accurate device by epoch as figure `number` of the page; empty where no arm has one.
std::string device_figure(const std::vector<arm_curves>& arms, std::string_view number);

}  // namespace verge::report
