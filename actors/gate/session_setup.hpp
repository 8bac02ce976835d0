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

/// One connection of a device of another process, at the server's side. To the device it is coordinator and
/// server; to the coordinator it is the device. Of the server's process a device can reach its session and the
/// gate, nothing else, and what its session passes on is of the device whose name it has proved to have.
///
///   hears             from          does                                               answers
///   proof             device        checks the signature, asks the gate for a number   admission
///   decline           device        ends: the device cannot take part                  admission
///   join              device        once admitted: joins the coordinator for it        welcome
///   model_request,    device        once a member, for its own number:                 as the server
///   upload_request,                 passes it on
///   update_block,
///   download_ended
///   work_failed       device        the same, to the coordinator                       -
///   open_round,       coordinator   passes it on                                       -
///   round_outcome
///   run_over          gate          passes it on                                       -
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
  /// Where it has a number.
  std::optional<device_id> device;
  /// Of anything but `joined`.
  std::string reason;
};

/// Called by several threads.
using session_log = std::function<void(const session_event&)>;

/// What the gate and the sessions of one run share.
struct session_setup {
  coordinator_actor coordinator;
  exchange_actor server;
  run_terms terms;
  /// Null: any name is taken without a proof. For links that nobody else can reach.
  std::shared_ptr<const known_devices> known;
  session_log log;
  /// Writes down who has which number, by device number. Called by the gate, which gives out none where this throws
  /// run_failure. May be empty.
  std::function<void(const std::vector<std::string>&)> keep_names;
  /// Of the wait for a device to prove its name and join; it may have to read its data in between.
  std::chrono::milliseconds join_patience = std::chrono::minutes{10};
  /// Connections that have not joined; more are turned away.
  std::uint32_t most_waiting = 1024;
  /// So many refused messages end a connection.
  std::uint32_t most_refusals = 1000;
};

}  // namespace verge
