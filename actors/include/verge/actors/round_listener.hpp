#pragma once

#include <caf/all.hpp>

#include "verge/actors/events.hpp"

namespace verge {

/// Whoever wants to hear what a run comes to: a recorder, a progress display, a dashboard, a host
/// service. Listens and never answers, so it does not hold up a round.
///
///   hears               when
///   run_length          round 1 opens, or the run is resumed; again to who begins to listen later
///   round_result        a round was committed or abandoned, in the order of the rounds
///   evaluation_result   a version was evaluated, in the order of the rounds, some time after its round
///   run_ended           once, last
using round_listener = caf::typed_actor<caf::reacts_to<run_length>,         //
                                        caf::reacts_to<round_result>,       //
                                        caf::reacts_to<evaluation_result>,  //
                                        caf::reacts_to<run_ended>>;

}  // namespace verge
