#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/device_host.hpp"
#include "actors/round/coordinator.hpp"
#include "messages/node_messages.hpp"
#include "verge/actors/known_devices.hpp"

namespace verge {

/// One connection of a device of another process, at the server's side. For the device it is the
/// coordinator and the server. For the coordinator it is the device. A device can reach nothing in
/// the server's process but its session and the gate, and its session passes on only messages of
/// the device whose name was proved.
///
///   hears             from          does                                              answers
///   proof             device        checks the signature, asks the gate for a number  admission
///   decline           device        ends: the device cannot take part                 admission
///   join              device        once admitted: joins the coordinator for it       welcome
///   model_request,    device        once a member, for its own number:                as the
///   upload_request,                 passes it on to the server                        server does
///   update_block,
///   download_ended
///   work_failed       device        the same, to the coordinator                      -
///   open_round,       coordinator   passes it on                                      -
///   round_outcome
///   run_over          gate          passes it on                                      -
using session_actor =
    caf::typed_actor<caf::replies_to<sealed<proof>>::with<sealed<admission>>,             //
                     caf::replies_to<sealed<join>, device_actor>::with<sealed<welcome>>,  //
                     caf::reacts_to<sealed<work_failed>>,                                 //
                     caf::reacts_to<sealed<download_ended>>,                              //
                     caf::replies_to<sealed<model_request>>::with<sealed<model_block>>,   //
                     caf::replies_to<sealed<upload_request>>::with<sealed<upload_grant>>,
                     caf::replies_to<sealed<update_block>>::with<sealed<block_ack>>,
                     caf::replies_to<sealed<decline>>::with<sealed<admission>>>;

/// What happened on a connection, for a log.
struct session_event {
  enum class kind : std::uint8_t {
    /// A device was not let in.
    turned_away,
    /// A device has become a member, or has come back.
    joined,
    /// Something that a device sent was refused.
    refused,
    /// A member could not do its work in a round.
    gave_up,
    /// A member's connection has ended.
    left,
  };

  kind what = kind::joined;
  std::string name;
  /// Unset while it has no number.
  std::optional<device_id> device;
  /// The reason; empty for `joined`.
  std::string reason;
};

/// Several threads call it, so it must be thread-safe.
using session_log = std::function<void(const session_event&)>;

/// What the gate and the sessions of one run share.
struct session_setup {
  coordinator_actor coordinator;
  exchange_actor server;
  run_terms terms;
  /// Null: any name is accepted without a proof. That is for links that nobody else can reach.
  std::shared_ptr<const known_devices> known;
  session_log log;
  /// Saves the names, by device number. The gate calls it and does not give out a number if it
  /// throws run_failure. May be empty.
  std::function<void(const std::vector<std::string>&)> keep_names;
  /// How long a device may take to prove its name and join. It may have to read its data in
  /// between.
  std::chrono::milliseconds join_patience = std::chrono::minutes{10};
  /// Most connections that have not joined. Further ones are turned away.
  std::uint32_t most_waiting = 1024;
  /// Refused messages that a connection may have. One more ends it.
  std::uint32_t most_refusals = 1000;
};

}  // namespace verge
