#pragma once

#include <caf/all.hpp>
#include <limits>
#include <memory>

#include "actors/link/compressor.hpp"
#include "actors/server/server_events.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/model/strategy.hpp"

namespace verge {

/// Owns the model: version, parameters, running statistics, server optimizer.
///
///   hears            from          does                                        answers
///   begin_round      coordinator   forgets the last round, opens this one      model version
///   model_request    device        waits until it is the device's turn         model_block
///   download_ended   device        the next device may begin                   -
///   upload_request   device        waits until the bytes fit the budget        upload_grant
///   update_block     device        keeps it; the last one completes the        block_ack
///                                  update, which is checked and added
///   forget_device    coordinator   drops the device's incomplete upload and    -
///                                  its turn to download
///   commit_round     coordinator   commits: mean, rule, new version            committed_round
///   abandon_round    coordinator   forgets the round; the model stays          committed_round
///   snapshot_atom    anyone        -                                           model_snapshot
///   checkpoint_atom  coordinator   -                                           server_checkpoint
///
/// It sends the coordinator `update_settled` for every update that is counted or refused.
///
/// Memory: the model, its successor during a commit, and one 64-bit integer per parameter for the
/// sums. To these come at most the byte budget of updates on their way in, two more updates that
/// are being added, and the byte budget of blocks on their way out if these are copied. With codecs
/// there are also two decoded updates, the compressor's working memory (at most two more models),
/// the residual of the steps down, and steps that are together smaller than the model. None of it
/// grows with the cohort.
using server_actor =
    caf::typed_actor<caf::replies_to<begin_round>::with<model_version>,                    //
                     caf::replies_to<sealed<model_request>>::with<sealed<model_block>>,    //
                     caf::reacts_to<sealed<download_ended>>,                               //
                     caf::replies_to<sealed<upload_request>>::with<sealed<upload_grant>>,  //
                     caf::replies_to<sealed<update_block>>::with<sealed<block_ack>>,       //
                     caf::reacts_to<forget_device>,                                        //
                     caf::replies_to<commit_round>::with<committed_round>,                 //
                     caf::replies_to<abandon_round>::with<committed_round>,                //
                     caf::replies_to<snapshot_atom>::with<model_snapshot>,                 //
                     caf::replies_to<checkpoint_atom>::with<server_checkpoint>>;

/// The actor that opens rounds is told what becomes of their updates.
using update_listener = caf::typed_actor<caf::reacts_to<update_settled>>;

struct server_options {
  manifest layout;
  model_state initial;
  /// Version of `initial`; not 0 in a resumed run.
  model_version version;
  std::shared_ptr<server_rule> rule;
  link_codecs codecs;
  /// Number of actors that share the sum. Each has a contiguous range of blocks.
  std::uint32_t aggregators = 1;
  /// Upper limit in bytes for updates on their way in at the same time. One update is always
  /// admitted.
  std::uint64_t upload_budget = 64u << 20;
  /// Upper limit in bytes for blocks on their way to devices at the same time. One download is
  /// always admitted. Within a process blocks share the model's memory and need no limit.
  std::uint64_t download_budget = std::numeric_limits<std::uint64_t>::max();
};

server_actor spawn_server(caf::actor_system& system, server_options options,
                          compressor_actor compressor);

}  // namespace verge
