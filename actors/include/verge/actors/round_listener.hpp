#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "verge/actors/early_stop.hpp"
#include "verge/actors/model_snapshot.hpp"
#include "verge/messages/round_result.hpp"
#include "verge/model/run_length.hpp"

namespace verge {

/// The last message that listeners receive.
struct run_ended {
  /// The last committed model, in the layout of network::layout(). With
  /// batch_norm_policy::recalibrate it has the running statistics that the server measured, if it
  /// measured those of this version. learner::load() and network::completed() accept it as it is.
  /// Empty if the server itself has failed.
  model_snapshot model;
  /// Committed rounds, which is also the version of the model. Abandoned rounds are not included.
  std::uint32_t rounds = 0;
  /// Rounds that were closed without a commit because they missed their quorum.
  std::uint32_t abandoned = 0;
  /// True if the run was told to stop while rounds were left.
  bool stopped_early = false;
  /// The early-stop rule that ended the run while rounds were left.
  stop_rule ended_by = stop_rule::none;
  /// Why the run could not continue, in one line; empty if it did not fail.
  std::string failure;
  /// Members that have no connection and may still come back. They do not know yet that the run is
  /// over.
  std::vector<device_id> away;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_length)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::round_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_ended)

namespace verge {

/// An actor that receives the results of a run: a recorder, a progress display, a dashboard, a host
/// service. It never answers, so it does not hold up a round.
///
///   hears               when
///   run_length          round 1 opens, the run is resumed, or a listener is added later
///   round_result        a round was committed or abandoned, in the order of the rounds
///   evaluation_result   a version was evaluated, some time after its round, in the same order
///   run_ended           once, last
using round_listener = caf::typed_actor<caf::reacts_to<run_length>,         //
                                        caf::reacts_to<round_result>,       //
                                        caf::reacts_to<evaluation_result>,  //
                                        caf::reacts_to<run_ended>>;

}  // namespace verge
