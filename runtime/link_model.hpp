#pragma once

#include <memory>

#include "verge/actors/modelled_links.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// What a rate may be, Mbit/s.
inline bool is_rate(double megabits) {
  return megabits == 0.0 || (megabits >= 0.001 && megabits <= 1e9);
}
inline constexpr const char* rate_words = "Mbit/s from 0.001 to 1e9, or 0 for no limit";

/// Of a rate as files give it: Mbit/s, 0 = no limit.
inline double bits_a_second(double megabits) {
  return megabits == 0.0 ? no_rate_limit : megabits * 1e6;
}

/// The links that are modelled for an arm's devices; null where the experiment models no links. Throws bad_input for a
/// trace that cannot be read, for devices that drop out of an arm whose rounds wait for all, and for over-selection,
/// which here would choose by who is the first on this machine.
std::shared_ptr<const modelled_links> links_of(const experiment& what, const arm_options& arm);

}  // namespace verge
