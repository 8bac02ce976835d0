#pragma once

#include <memory>

#include "actors/round/modelled_links.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// The modelled links of an arm's devices; null where the experiment models no links. Throws
/// bad_input for a trace that cannot be read, and for devices that drop out of an arm whose rounds
/// wait for all. Also throws it for over-selection, where the speed of this machine would decide
/// which devices are first.
std::shared_ptr<const modelled_links> links_of(const experiment& what, const arm_options& arm);

}  // namespace verge
