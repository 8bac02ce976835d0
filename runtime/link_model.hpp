#pragma once

#include <memory>

#include "verge/actors/modelled_links.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Of a rate as files give it: Mbit/s, 0 = no limit.
inline double bits_a_second(double megabits) {
  return megabits == 0.0 ? no_rate_limit : megabits * 1e6;
}

/// What an arm's devices are pretended to have; null where the experiment models no links. Throws bad_input for a trace that
/// cannot be read, or devices that drop out of an arm whose rounds wait for all.
std::shared_ptr<const modelled_links> links_of(const experiment& what, const arm_options& arm);

}  // namespace verge
