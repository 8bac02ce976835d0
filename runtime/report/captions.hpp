#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/report/figures/curves.hpp"

/// The words around the figures, as HTML.
namespace verge::report {

/// What a curve is to somebody who does not see it: what is drawn, and where each arm ends. With
/// `by_bytes` arms that sent no such bytes are passed over, as in the figure.
std::string spoken(std::string_view figure, const std::vector<arm_curves>& arms,
                   std::vector<curve_point> arm_curves::*curve,
                   std::optional<traffic> by_bytes = std::nullopt);

/// That curves are means over seeds, and which are thinned; empty when none is.
std::string accuracy_note(const std::vector<arm_curves>& arms);

/// Which arms the figure by these bytes leaves out, and why; empty when it has all.
std::string bytes_note(const std::vector<arm_curves>& arms, traffic counted);

/// Which arms the figure by modelled time leaves out, and why; empty when it has all.
std::string time_note(const std::vector<arm_curves>& arms);

/// The same of loss curves, and which have gaps.
std::string loss_note(const std::vector<arm_curves>& arms);

}  // namespace verge::report
