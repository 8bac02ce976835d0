#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "actors/gate/session_setup.hpp"
#include "verge/actors/round_listener.hpp"

namespace verge {

/// The entrance of a run for devices of other processes, and the only actor that is published. It
/// gives each connection a session of its own, and each device name one number for the whole run.
///
///   hears           from          does                                answers
///   hello           device        opens a session, or says why not    invitation, session
using gate_actor =
    caf::typed_actor<caf::replies_to<sealed<hello>>::with<sealed<invitation>, session_actor>>;

/// The run has begun or is resumed: devices may enter.
struct open_gate {
  std::shared_ptr<const session_setup> setup;
};

/// Sent after the end of a run. Answered when every device has been told of the end and has gone,
/// or when the time for that is over.
struct await_departures {
  /// How long to wait for connected devices to go.
  std::chrono::milliseconds patience{0};
  /// How long to wait for members that have no connection and have not been told that the run is
  /// over. Ignored if the run is to be resumed: such members should keep trying.
  std::chrono::milliseconds return_grace{0};
};

/// Ends a gate and all its sessions.
struct close_gate {};

/// A gate as its own process sees it: it is also a listener of the run.
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

/// Spawns a closed gate, so that it can be published before there is a run. A device that proves to
/// have a name again gets the number it had before. `names`: the names that got a number in an
/// earlier process, by device number.
gate_keeper_actor spawn_gate(caf::actor_system& system, std::vector<std::string> names = {});

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::open_gate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::await_departures)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::close_gate)
