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

/// Session to coordinator: encoded messages that crossed a link before the device was a member.
struct moved_bytes {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::moved_bytes)

namespace verge {

/// Holds the rounds of one run: membership, cohort, barrier, outcome. Its decisions are round_state's.
///
///   hears             from        does                                          answers
///   join              device      takes it in as a member                       welcome
///   work_failed       device      counts it as lost, or fails the run           -
///   moved_bytes       session     counts them                                   -
///   update_settled    server      one answer more of the cohort                 -
///   round_listener    anyone      tells it every result from now on             -
///   evaluation_*      evaluator   tells the listeners, or fails the run         -
///   stop_atom         anyone      ends the run after the open round             -
///
/// and tells listeners the run_length, a round_result a round, the evaluator's results, and run_ended last. When it
/// ends, server, evaluator and devices end with it.
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
  /// manifest::hash() of the model, as devices send it.
  std::string manifest_hash;
  /// What devices must know; who does not is refused at join.
  std::vector<std::string> codec_stages{codec_none};
  /// Of a round, from its opening.
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  /// Of the wait for members where there are too few; 0 = as long as a round.
  std::chrono::milliseconds join_deadline{0};
  /// Of an evaluation, or a checkpoint, that the rounds have come to wait for. One that takes longer has a test
  /// set, or a disk, that does not answer.
  std::chrono::milliseconds evaluation_deadline = std::chrono::hours{1};
  /// Rounds between evaluations; the last round is always evaluated. 0 = only the last; none: once an epoch.
  std::optional<std::uint32_t> evaluate_every = 1;
  early_stop_options early_stop;
  /// A device that cannot do its work fails the run; else its update is lost. True where devices are
  /// actors of this process: what fails one fails all.
  bool device_failure_is_fatal = true;
  /// How long a member whose connection has ended may take to come back before it counts as lost.
  std::chrono::milliseconds return_grace{0};
  /// The same for the members of a resumed run, whom nobody has seen yet; nothing: as return_grace.
  std::optional<std::chrono::milliseconds> resumed_grace = {};
  /// False: the only device sits with the server, and its messages cross no link (centralized).
  bool counts_bytes = true;
  /// Null: none are modelled, and no device drops out.
  std::shared_ptr<const modelled_links> links;
  /// Hear every result from the first on.
  std::vector<round_listener> listeners;
  /// Null: no checkpoints.
  checkpoint_keeper_actor keeper;
  /// Rounds between checkpoints; 0 = none. None given: after the first round that closes a minute or more after the last
  /// one was kept. With devices in other processes 1, for what a device has heard is never taken back.
  std::optional<std::uint32_t> checkpoint_every = 1;
  /// Null: devices keep nothing, or keep it elsewhere.
  device_states_actor device_states;
  /// The run goes on from there; null: it begins. Its members count as away until they come back.
  std::shared_ptr<const run_checkpoint> resumed;
};

coordinator_actor spawn_coordinator(caf::actor_system& system, coordinator_options options,
                                    server_actor server, evaluator_actor evaluator,
                                    trainer_pool_actor pool);

}  // namespace verge
