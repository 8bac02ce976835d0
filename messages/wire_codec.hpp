#pragma once

// Translates between frames and Cap'n Proto's builders and readers. No other file knows both.

#include <capnp/message.h>
#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>

#include "messages/frame.hpp"
#include "verge/messages/errors.hpp"
#include "verge/messages/shared_bytes.hpp"

namespace verge::wire {

/// The longest sentence or name that is taken from a peer.
inline constexpr std::size_t max_text_bytes = 4096;

/// An honest message holds fewer bytes than this beside its payload: its struct and its texts.
inline constexpr std::size_t most_beside_payload = 4 * max_text_bytes;

/// Builds a frame. `fill(root)` sets the fields of a Root and returns what attach() returned, or
/// null without a payload. The payload becomes a segment of its own that shares the payload's
/// memory.
template <class Root, class Fill>
frame build(Fill fill) {
  capnp::word scratch[64] = {};
  capnp::MallocMessageBuilder builder{kj::arrayPtr(scratch, 64)};
  const shared_bytes* payload = fill(builder.initRoot<Root>());

  std::vector<frame::segment> parts;
  for (auto words : builder.getSegmentsForOutput()) {
    const auto* begin = reinterpret_cast<const std::uint64_t*>(words.begin());
    if (payload && reinterpret_cast<const std::byte*>(begin) == payload->data()) {
      parts.push_back({payload->owner(), {begin, words.size()}});
    } else {
      auto copy = std::make_shared<const std::vector<std::uint64_t>>(begin, begin + words.size());
      parts.push_back({copy, *copy});
    }
  }
  return frame{std::move(parts)};
}

/// Sets `root`'s payload to `bytes` without copying them. The memory must be 8-byte aligned. From
/// the end of `bytes` to the next whole word it must be readable and zero, as a flat_buffer is.
template <class RootBuilder>
const shared_bytes* attach(RootBuilder root, const shared_bytes& bytes) {
  if (bytes.size() == 0) return nullptr;
  const auto data =
      capnp::Data::Reader{reinterpret_cast<const capnp::byte*>(bytes.data()), bytes.size()};
  root.adoptPayload(capnp::Orphanage::getForMessageContaining(root).referenceExternalData(data));
  return &bytes;
}

/// Reads a Root from `encoded` with `read(root)`, which returns a result. The reader is bounded: it
/// may traverse about twice the words that were sent, and nest 4 levels deep. Whatever Cap'n Proto
/// objects to becomes a refusal.
template <class Root, class Read>
auto parse(const frame& encoded, const char* what, Read read)
    -> std::invoke_result_t<Read, typename Root::Reader> {
  std::vector<kj::ArrayPtr<const capnp::word>> segments;
  std::uint64_t words = 0;
  for (const auto& part : encoded.segments()) {
    segments.push_back(
        kj::arrayPtr(reinterpret_cast<const capnp::word*>(part.words.data()), part.words.size()));
    words += part.words.size();
  }
  if (segments.empty()) return refusal{fmt::format("{}: an empty message", what)};
  capnp::ReaderOptions bounds;
  bounds.traversalLimitInWords = 2 * words + 64;
  bounds.nestingLimit = 4;
  try {
    capnp::SegmentArrayMessageReader reader{kj::arrayPtr(segments.data(), segments.size()), bounds};
    return read(reader.template getRoot<Root>());
  } catch (const kj::Exception& e) {
    return refusal{fmt::format("{}: malformed: {}", what, e.getDescription().cStr())};
  }
}

/// Shares the bytes of `data`, which lie in one of `encoded`'s segments.
inline shared_bytes share(const frame& encoded, capnp::Data::Reader data) {
  if (data.size() == 0) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(data.begin());
  for (const auto& part : encoded.segments()) {
    const auto bytes = std::as_bytes(part.words);
    if (begin >= bytes.data() && begin + data.size() <= bytes.data() + bytes.size())
      return {part.owner, {begin, data.size()}};
  }
  return {};
}

/// The reason why `data` is not shared; empty if it may be. A share keeps the whole message in
/// memory, so with a payload of a few bytes an untrusted peer could hold as many bytes as a message
/// may have.
inline std::string why_not_shared(const frame& encoded, const char* what,
                                  capnp::Data::Reader data) {
  if (encoded.encoded_size() <= data.size() + most_beside_payload) return {};
  return fmt::format("{}: a message of {} bytes for a payload of {}", what, encoded.encoded_size(),
                     data.size());
}

/// A text from a peer, cut at max_text_bytes and at the first zero byte, which Verge's own texts
/// have only at their end. Texts land in logs and error messages of one line, so each character
/// that would begin a new line or move a cursor becomes '?'.
inline std::string text(capnp::Text::Reader reader) {
  const std::string_view all{reader.cStr(), std::min<std::size_t>(reader.size(), max_text_bytes)};
  std::string kept{all.substr(0, all.find('\0'))};
  for (char& c : kept)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return kept;
}

}  // namespace verge::wire
