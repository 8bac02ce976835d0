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

/// One holder of a shard. Its samples go to the trainers of its own process and nowhere else.
///
///   hears           from          does
///   open_round      coordinator   downloads, has the work done, compresses, uploads
///   round_outcome   coordinator   tells its compressor; the round is over
///   run_over        coordinator   ends
///
/// If it is asked for a new round while it is busy with an old one, it drops the old one.
using device_actor = caf::typed_actor<caf::reacts_to<sealed<open_round>>,     //
                                      caf::reacts_to<sealed<round_outcome>>,  //
                                      caf::reacts_to<sealed<run_over>>>;

/// The actor with which a device joins a run and to which it reports failed work: the coordinator,
/// or a session in its place.
using membership_actor =
    caf::typed_actor<caf::replies_to<sealed<join>, device_actor>::with<sealed<welcome>>,
                     caf::reacts_to<sealed<work_failed>>>;

/// The actor from which a device downloads the model and to which it uploads updates: the server,
/// or a session in its place.
using exchange_actor =
    caf::typed_actor<caf::replies_to<sealed<model_request>>::with<sealed<model_block>>,
                     caf::reacts_to<sealed<download_ended>>,
                     caf::replies_to<sealed<upload_request>>::with<sealed<upload_grant>>,
                     caf::replies_to<sealed<update_block>>::with<sealed<block_ack>>>;

/// Receives the news of a device. A process that runs a single device uses it.
using device_listener = caf::typed_actor<caf::reacts_to<device_news>>;

/// What the devices of one process share. A device itself is little more than an actor and a
/// pointer to this, so that a million of them fit.
struct device_host {
  std::uint64_t run = 0;
  manifest layout;
  std::string manifest_hash;
  exchange_actor server;
  /// Device d uses compressors[d % size] for its codec state. There are several so that they work
  /// at the same time.
  std::vector<compressor_actor> compressors;
  /// Whether the server sends steps to devices that hold an earlier version, instead of always the
  /// whole model.
  bool downloads_steps = false;
  trainer_pool_actor trainers;
  /// The running statistics with which devices begin, if they have statistics of their own. Empty:
  /// they have none.
  flat_buffer initial_statistics;
  /// Whether the second half of an update changes the device's control variate
  /// (network_options::shares_controls).
  bool has_controls = false;
  /// Store of the devices' memories of an earlier process; may be null. A device that is spawned
  /// with a memory does not use it.
  std::shared_ptr<device_memory_store> memories;
  /// Blocks sent before the first one is acknowledged. The server has made room for all of them.
  std::uint32_t upload_window = 8;
  /// Receives the devices' news; may be null.
  device_listener listener;

  /// Whether devices keep state from round to round besides the residuals of their codecs.
  bool keeps_memory() const { return has_controls || !initial_statistics.empty(); }
};

}  // namespace verge
