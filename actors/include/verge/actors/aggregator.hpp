#pragma once

#include <caf/all.hpp>

#include "verge/actors/events.hpp"

namespace verge {

/// The running sum of one range of parameter blocks.
///
///   hears        does                            answers
///   begin_sum    forgets the last round          -
///   add_update   adds its range of the update    done, when it no longer needs the update's memory
///   write_mean   writes the mean of its range    done
///
/// Memory: one 64-bit integer a parameter of its range, whatever the cohort. Where only one device was asked, that
/// update's memory until the next round begins.
using aggregator_actor = caf::typed_actor<caf::reacts_to<begin_sum>,                     //
                                          caf::replies_to<add_update>::with<done_atom>,  //
                                          caf::replies_to<write_mean>::with<done_atom>>;

/// Spawns an aggregator for the parameter blocks [first, last) of `layout`, linked to `owner`.
aggregator_actor spawn_aggregator(caf::local_actor* owner, const manifest& layout,
                                  std::uint32_t first, std::uint32_t last);

}  // namespace verge
