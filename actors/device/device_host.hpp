#pragma once

#include <caf/all.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/device/device_memory.hpp"
#include "actors/device/device_news.hpp"
#include "actors/link/compressor.hpp"
#include "messages/node_messages.hpp"
#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// One holder of a shard. Its data goes to the trainers of its own process and nowhere else.
///
///   hears           from          does
///   open_round      coordinator   downloads, has the work done, compresses, uploads
///   round_outcome   coordinator   tells its compressor; the round is over
///   run_over        coordinator   ends
///
/// Asked for a new round while it is busy with an old one, it lets the old one go.
using device_actor = caf::typed_actor<caf::reacts_to<sealed<open_round>>,     //
                                      caf::reacts_to<sealed<round_outcome>>,  //
                                      caf::reacts_to<sealed<run_over>>>;

/// Where a device joins a run and says that its work has failed: the coordinator, or a session in its place.
using membership_actor =
    caf::typed_actor<caf::replies_to<sealed<join>, device_actor>::with<sealed<welcome>>,
                     caf::reacts_to<sealed<work_failed>>>;

/// Where a device downloads the model and uploads updates: the server, or a session in its place.
using exchange_actor =
    caf::typed_actor<caf::replies_to<sealed<model_request>>::with<sealed<model_block>>,
                     caf::reacts_to<sealed<download_ended>>,
                     caf::replies_to<sealed<upload_request>>::with<sealed<upload_grant>>,
                     caf::replies_to<sealed<update_block>>::with<sealed<block_ack>>>;

/// Who wants to hear how a device fares; the process that it is alone in does.
using device_listener = caf::typed_actor<caf::reacts_to<device_news>>;

/// What the devices of one process share. A device itself is little more than an actor and a pointer
/// to this, so that a million of them fit.
struct device_host {
  std::uint64_t run = 0;
  manifest layout;
  std::string manifest_hash;
  exchange_actor server;
  /// Device d has its codec state with compressors[d % size]: several, so that they work at the same time.
  std::vector<compressor_actor> compressors;
  /// The server sends steps to those who hold an earlier version, not always the whole model.
  bool downloads_steps = false;
  trainer_pool_actor trainers;
  /// Where devices have running statistics of their own: those that they begin with. Empty: they have none.
  flat_buffer initial_statistics;
  /// The second half of an update changes the device's control variate (network_options::shares_controls).
  bool has_controls = false;
  /// Where the devices' memories of an earlier process are; may be null. Devices that are spawned with one of their own
  /// have no use for it.
  std::shared_ptr<device_memory_store> memories;
  /// Blocks that are sent before the first is acknowledged: the server has made room for all of them.
  std::uint32_t upload_window = 8;
  /// Hears the devices' news; may be none.
  device_listener listener;

  /// Devices keep something from round to round besides what their codecs owe.
  bool keeps_memory() const { return has_controls || !initial_statistics.empty(); }
};

}  // namespace verge
