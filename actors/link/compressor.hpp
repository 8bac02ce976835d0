#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/link/codec_events.hpp"
#include "actors/link/residual_store.hpp"
#include "verge/actors/atoms.hpp"
#include "verge/model/codec.hpp"

namespace verge {

/// The residuals that a compressor keeps of its devices, in no order. They share memory and do not
/// change later.
struct device_residuals {
  std::vector<std::pair<device_id, residual_state>> all;
};

/// Turns updates and models into bytes at one end of a link, and bytes into values at the other. A
/// codec with memory keeps its residual here, as a transaction: encode_update prepares it, and
/// settle_update keeps it or rolls it back.
///
///   hears           does                                                answers
///   encode_update   adds the device's residual, encodes, makes blocks   encoded_update
///   settle_update   learns what became of an encoded update             -
///   decode_update   checks names, lengths and every value, decodes      decoded_update or why not
///   encode_model    encodes one version, once for all devices           encoded_model
///   encode_step     adds the server's residual, encodes                 encoded_step
///   decode_model    rebuilds the server's model from a download         decoded_model or why not
///   forget_replica  forgets what was downloaded                         -
///   checkpoint      -                                                   device_residuals
///
/// Memory: none with the codecs `none` up and `model` down, so that one compressor serves a million
/// devices. With a biased codec, one residual for each device that has ever encoded. With steps
/// down, one model.
using compressor_actor = caf::typed_actor<caf::replies_to<encode_update>::with<encoded_update>,  //
                                          caf::reacts_to<settle_update>,                         //
                                          caf::replies_to<decode_update>::with<decoded_update>,  //
                                          caf::replies_to<encode_model>::with<encoded_model>,    //
                                          caf::replies_to<encode_step>::with<encoded_step>,      //
                                          caf::replies_to<decode_model>::with<decoded_model>,    //
                                          caf::reacts_to<forget_replica>,                        //
                                          caf::replies_to<checkpoint_atom>::with<device_residuals>>;

/// The codecs of a run, on which both ends of each link agree.
struct link_codecs {
  /// Codec of updates.
  std::string up = codec_none;
  /// Codec of committed steps. codec_model: there are no steps, and the whole model travels.
  std::string down = codec_model;
  /// Number of devices that share a round.
  std::uint32_t devices = 1;
  /// Seed of the codecs that draw random numbers.
  std::uint64_t seed = 0;

  bool packs_updates() const { return up != codec_none; }
  bool sends_steps() const { return down != codec_model; }
};

/// Throws bad_input if a codec does not exist, or is not valid for `layout` or for its direction.
void check_codecs(const manifest& layout, const link_codecs& codecs);

/// The state of an earlier process with which a compressor continues.
struct compressor_memory {
  /// At the device's end: the store of residuals; null: they are only in memory.
  std::shared_ptr<residual_store> residuals;
  /// At the server's end: what is owed to the devices.
  residual_state owed_down;
};

/// Throws what check_codecs() throws, before the actor is spawned.
compressor_actor spawn_compressor(caf::actor_system& system, const manifest& layout,
                                  const link_codecs& codecs = {}, compressor_memory memory = {});

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_residuals)
