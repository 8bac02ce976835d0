#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

/// The texts around the figures, as HTML.
namespace verge::report {

/// Describes a figure to a reader who cannot see it: what it shows, and where each arm ends. With
/// `by_bytes` it skips arms that sent no such bytes, as the figure does.
std::string spoken(std::string_view figure, const std::vector<arm_curves>& arms,
                   std::vector<curve_point> arm_curves::*curve,
                   std::optional<traffic> by_bytes = std::nullopt);

/// Says that curves are means over seeds, and which curves are thinned; empty when neither applies.
std::string accuracy_note(const std::vector<arm_curves>& arms);

/// Says which arms the figure by these bytes leaves out, and why; empty when it has all.
std::string bytes_note(const std::vector<arm_curves>& arms, traffic counted);

/// Says which arms the figure by modelled time leaves out, and why; empty when it has all.
std::string time_note(const std::vector<arm_curves>& arms);

/// The same as accuracy_note() for loss curves. Also says which of them have gaps.
std::string loss_note(const std::vector<arm_curves>& arms);

}  // namespace verge::report
