#pragma once

#include <caf/all.hpp>

#include "verge/actors/events.hpp"

namespace verge {

/// Name of the codec that sends dense values as they are.
inline constexpr const char* codec_none = "none";

/// How updates and models become bytes at one end of a link, and bytes become values again. A codec
/// with memory keeps its residual here, as a transaction: prepared by encode_update, kept or rolled back
/// by settle_update.
///
///   hears           does                                                     answers
///   encode_update   encodes an update block by block                         encoded_update
///   decode_update   checks names, lengths and every value; dense blocks      decoded_update, or why not
///   encode_model    encodes one version of the model, once for all devices   encoded_model
///   decode_model    checks names and lengths; dense blocks                   decoded_model, or why not
///   settle_update   learns what became of an encoded update                  -
///
/// Codec `none` has no memory, so one compressor serves all devices of a process.
using compressor_actor = caf::typed_actor<caf::replies_to<encode_update>::with<encoded_update>,  //
                                          caf::replies_to<decode_update>::with<decoded_update>,  //
                                          caf::replies_to<encode_model>::with<encoded_model>,    //
                                          caf::replies_to<decode_model>::with<decoded_model>,    //
                                          caf::reacts_to<settle_update>>;

compressor_actor spawn_compressor(caf::actor_system& system, const manifest& layout);

}  // namespace verge
