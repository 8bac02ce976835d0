#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/device_host.hpp"
#include "actors/device/device_states.hpp"
#include "actors/round/evaluator.hpp"
#include "actors/round/modelled_links.hpp"
#include "actors/round/run_checkpoint.hpp"
#include "actors/server/server.hpp"
#include "actors/server/server_events.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/actors/round_listener.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// Session to coordinator: bytes of encoded messages that crossed a link before the device was a
/// member.
struct moved_bytes {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::moved_bytes)

namespace verge {

/// Holds the rounds of one run: membership, cohort, barrier, outcome. round_state makes its
/// decisions.
///
///   hears             from        does                                          answers
///   join              device      takes it in as a member                       welcome
///   work_failed       device      counts it as lost, or fails the run           -
///   moved_bytes       session     counts them                                   -
///   update_settled    server      counts one more answer of the cohort          -
///   round_listener    anyone      sends it every result from now on             -
///   evaluation_*      evaluator   sends it to the listeners, or fails the run   -
///   stop_atom         anyone      ends the run after the open round             -
///
/// Listeners receive the run_length, one round_result per round, the results of the evaluator and,
/// last, run_ended. When the coordinator ends, the server, the evaluator and the devices end with
/// it.
using coordinator_actor =
    caf::typed_actor<caf::replies_to<sealed<join>, device_actor>::with<sealed<welcome>>,  //
                     caf::reacts_to<sealed<work_failed>>,                                 //
                     caf::reacts_to<moved_bytes>,                                         //
                     caf::reacts_to<update_settled>,                                      //
                     caf::reacts_to<round_listener>,                                      //
                     caf::reacts_to<evaluation_result>,                                   //
                     caf::reacts_to<evaluation_failed>,                                   //
                     caf::reacts_to<stop_atom>>;

struct coordinator_options {
  round_policy rounds;
  /// manifest::hash() of the model. A device that joins with another one is refused.
  std::string manifest_hash;
  /// Codec stages that every device must know. A device that does not is refused when it joins.
  std::vector<std::string> codec_stages{codec_none};
  /// Deadline of a round, counted from its opening.
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  /// Deadline of the wait for members while there are too few; 0 = the same as `deadline`.
  std::chrono::milliseconds join_deadline{0};
  /// Longest time that the rounds wait for an evaluation or a checkpoint before the run fails. One
  /// that takes longer has a test set or a disk that does not answer.
  std::chrono::milliseconds evaluation_deadline = std::chrono::hours{1};
  /// Rounds between evaluations; 0 = only the last round, which is always evaluated. Unset: once
  /// per epoch.
  std::optional<std::uint32_t> evaluate_every = 1;
  early_stop_options early_stop;
  /// If true, a device that cannot do its work fails the run. Otherwise its update is lost. True
  /// where devices are actors of this process, because what fails one of them fails all.
  bool device_failure_is_fatal = true;
  /// How long a member whose connection has ended may take to come back before it counts as lost.
  std::chrono::milliseconds return_grace{0};
  /// The same for the members of a resumed run, none of which has connected yet. Unset: as
  /// return_grace.
  std::optional<std::chrono::milliseconds> resumed_grace = {};
  /// False if the only device sits with the server, so that its messages cross no link
  /// (centralized).
  bool counts_bytes = true;
  /// Null: no links are modelled, and no device drops out.
  std::shared_ptr<const modelled_links> links;
  /// Listeners that receive every result from the first one on.
  std::vector<round_listener> listeners;
  /// Null: no checkpoints.
  checkpoint_keeper_actor keeper;
  /// Rounds between checkpoints; 0 = none. Unset: after the first round that closes a minute or
  /// more after the last checkpoint was kept. It has to be 1 with devices in other processes,
  /// because what a device has been told is never taken back.
  std::optional<std::uint32_t> checkpoint_every = 1;
  /// Null: devices keep no state, or keep it elsewhere.
  device_states_actor device_states;
  /// The checkpoint from which the run resumes; null for a new run. Its members count as away until
  /// they come back.
  std::shared_ptr<const run_checkpoint> resumed;
};

coordinator_actor spawn_coordinator(caf::actor_system& system, coordinator_options options,
                                    server_actor server, evaluator_actor evaluator,
                                    trainer_pool_actor pool);

}  // namespace verge
