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

/// What a compressor keeps of its devices, in no order. Shares its memory, and stays as it is.
struct device_residuals {
  std::vector<std::pair<device_id, residual_state>> all;
};

/// How updates and models become bytes at one end of a link, and bytes become values again. A codec
/// with memory keeps its residual here, as a transaction: prepared by encode_update, kept or rolled back
/// by settle_update.
///
///   hears           does                                                       answers
///   encode_update   adds the device's residual, encodes, cuts into blocks      encoded_update
///   settle_update   learns what became of an encoded update                    -
///   decode_update   checks names, lengths and every value; dense blocks        decoded_update, or why not
///   encode_model    encodes one version of the model, once for all devices     encoded_model
///   encode_step     adds the server's residual, encodes; says what was sent    encoded_step
///   decode_model    the model as the server has it, from a download            decoded_model, or why not
///   forget_replica  forgets what was downloaded                                -
///   checkpoint      -                                                          device_residuals
///
/// Memory: nothing for codec `none` and model `model`, so that one compressor serves a million devices. With
/// a biased codec, one residual for each device that has ever encoded. With steps down, one model.
using compressor_actor = caf::typed_actor<caf::replies_to<encode_update>::with<encoded_update>,  //
                                          caf::reacts_to<settle_update>,                         //
                                          caf::replies_to<decode_update>::with<decoded_update>,  //
                                          caf::replies_to<encode_model>::with<encoded_model>,    //
                                          caf::replies_to<encode_step>::with<encoded_step>,      //
                                          caf::replies_to<decode_model>::with<decoded_model>,    //
                                          caf::reacts_to<forget_replica>,                        //
                                          caf::replies_to<checkpoint_atom>::with<device_residuals>>;

/// What both ends of the links of a run agree on.
struct link_codecs {
  /// Of updates.
  std::string up = codec_none;
  /// Of committed steps; codec_model: there are none, the whole model travels.
  std::string down = codec_model;
  /// Devices that share a round.
  std::uint32_t devices = 1;
  /// Names the draws of codecs that draw.
  std::uint64_t seed = 0;

  bool packs_updates() const { return up != codec_none; }
  bool sends_steps() const { return down != codec_model; }
};

/// Throws bad_input when the codecs are none, or not for `layout`.
void check_codecs(const manifest& layout, const link_codecs& codecs);

/// What a compressor remembers of an earlier process.
struct compressor_memory {
  /// The device's end: where residuals are kept; null: in memory alone.
  std::shared_ptr<residual_store> residuals;
  /// The server's end: what is owed to the devices.
  residual_state owed_down;
};

/// Throws what check_codecs does, here, where the caller hears it.
compressor_actor spawn_compressor(caf::actor_system& system, const manifest& layout,
                                  const link_codecs& codecs = {}, compressor_memory memory = {});

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_residuals)
