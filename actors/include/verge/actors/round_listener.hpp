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

/// The last thing listeners hear.
struct run_ended {
  /// The last committed model, as network::layout() has it; with the statistics that the server has measured, where it did
  /// (batch_norm_policy::recalibrate). learner::load() and network::completed() take it as it is. Empty where the server
  /// itself has failed.
  model_snapshot model;
  /// That were committed: the model's version. Abandoned rounds are not among them.
  std::uint32_t rounds = 0;
  /// That were closed without, for they missed their quorum.
  std::uint32_t abandoned = 0;
  /// It was told to stop, with rounds left.
  bool stopped_early = false;
  /// The rule of the plan by which it has ended with rounds left.
  stop_rule ended_by = stop_rule::none;
  /// Not empty: the run could not go on, and why, in one line.
  std::string failure;
  /// Members without a connection that may still come back, and have not heard of the end.
  std::vector<device_id> away;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_length)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::round_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_ended)

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
