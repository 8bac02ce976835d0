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
///   begin_round      coordinator   forgets the last round, opens this one      version of the model
///   model_request    device        waits until it is the device's turn         model_block
///   download_ended   device        the next device may begin                   -
///   upload_request   device        waits until the bytes fit the budget        upload_grant
///   update_block     device        keeps it; the last one completes the        block_ack
///                                  update, which is checked and added
///   forget_device    coordinator   drops what is incomplete of the device's,   -
///                                  and its turn to download
///   commit_round     coordinator   commits: mean, rule, new version            committed_round
///   abandon_round    coordinator   forgets the round; the model stays          committed_round
///   snapshot_atom    anyone        -                                           model_snapshot
///   checkpoint_atom  coordinator   -                                           server_checkpoint
///
/// tells the coordinator `update_settled` for every update that is complete or refused.
///
/// Memory: the model, its successor at a commit, and one 64-bit integer a parameter for the sums, plus at most the
/// byte budget of updates on their way in, two more that are being added, and the budget of blocks on their way
/// out where these are copied; with codecs two decoded updates, what the compressor works with (at most two
/// models more), the residual of the steps down and as many of those as are smaller than the model. None of it
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

/// Who opens rounds hears what becomes of their updates.
using update_listener = caf::typed_actor<caf::reacts_to<update_settled>>;

struct server_options {
  manifest layout;
  model_state initial;
  /// That `initial` is; not 0 where a run goes on.
  model_version version;
  std::shared_ptr<server_rule> rule;
  link_codecs codecs;
  /// Actors that share the sum; each a contiguous range of blocks.
  std::uint32_t aggregators = 1;
  /// Bytes of updates that may be on their way in at once; one update always may.
  std::uint64_t upload_budget = 64u << 20;
  /// Bytes of blocks that may be on their way to devices at once; one download always may. Within a process they share
  /// the model's memory, and need no bound.
  std::uint64_t download_budget = std::numeric_limits<std::uint64_t>::max();
};

server_actor spawn_server(caf::actor_system& system, server_options options,
                          compressor_actor compressor);

}  // namespace verge
