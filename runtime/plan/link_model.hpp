#pragma once

#include <memory>

#include "actors/round/modelled_links.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// The links that are modelled for an arm's devices; null where the experiment models no links. Throws bad_input for a
/// trace that cannot be read, for devices that drop out of an arm whose rounds wait for all, and for over-selection,
/// which here would choose by who is the first on this machine.
std::shared_ptr<const modelled_links> links_of(const experiment& what, const arm_options& arm);

}  // namespace verge
