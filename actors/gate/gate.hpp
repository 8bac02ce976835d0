#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "actors/gate/session_setup.hpp"
#include "verge/actors/round_listener.hpp"

namespace verge {

/// Where devices of other processes enter a run; the only actor that is published. Gives each connection
/// a session of its own, and each device name one number for the whole run.
///
///   hears           from          does                                             answers
///   hello           device        opens a session, or says why not                 invitation, session
using gate_actor =
    caf::typed_actor<caf::replies_to<sealed<hello>>::with<sealed<invitation>, session_actor>>;

/// The run has begun, or goes on: devices may enter.
struct open_gate {
  std::shared_ptr<const session_setup> setup;
};

/// After the end of a run: answered when each device has heard of it and gone, or had the time.
struct await_departures {
  /// Of devices that are connected.
  std::chrono::milliseconds patience{0};
  /// Of members that may still come back; not where the run is to be resumed, for which they had better wait.
  std::chrono::milliseconds return_grace{0};
};

/// Ends a gate and all its sessions.
struct close_gate {};

/// What a gate is to its own process: a listener of the run besides.
///
///   hears              from          does                                         answers
///   open_gate          its spawner   lets devices in from now on                  -
///   run_ended          coordinator   tells all sessions; turns later devices away -
///   await_departures   its spawner   -                                            done
///   close_gate         its spawner   ends, and its sessions with it               -
using gate_keeper_actor = gate_actor::extend<caf::reacts_to<open_gate>,                           //
                                             caf::reacts_to<run_length>,                          //
                                             caf::reacts_to<round_result>,                        //
                                             caf::reacts_to<evaluation_result>,                   //
                                             caf::reacts_to<run_ended>,                           //
                                             caf::replies_to<await_departures>::with<done_atom>,  //
                                             caf::reacts_to<close_gate>>;

/// A gate that is closed, so that it can be published before there is a run. A device that proves to be
/// `name` again has the number it had before. `names`: by device number, who has it from an earlier process.
gate_keeper_actor spawn_gate(caf::actor_system& system, std::vector<std::string> names = {});

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::open_gate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::await_departures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::close_gate)
