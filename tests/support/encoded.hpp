#pragma once

#include "actors/link/codec_events.hpp"

namespace verge::test {

/// The input of the server's end when all blocks of an encoded update have come.
inline decode_update as_received(device_id from, const encoded_update& encoded) {
  decode_update received{from, {}, {}};
  for (const auto& message : encoded.blocks) {
    const auto block = unseal(message);
    received.codecs.push_back(block->codec);
    received.payloads.push_back(block->payload);
  }
  return received;
}

}  // namespace verge::test
