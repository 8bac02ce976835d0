#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "verge/messages/errors.hpp"

namespace verge {

/// A message crosses mailboxes and sockets, and should be encoded once and copied as seldom as
/// possible. A frame is one encoded Cap'n Proto message: an immutable, reference-counted list of
/// segments. Copying a frame shares the segments, so it crosses a mailbox at no cost. A socket
/// carries its flat bytes, which are the standard stream framing (segment table, then segments). A
/// segment may be memory of the sender that was never copied, such as a block of a model. Threads
/// may read copies of one frame at the same time.
class frame {
public:
  /// Words of a message, and a share in whatever keeps them alive.
  struct segment {
    std::shared_ptr<const void> owner;
    std::span<const std::uint64_t> words;
  };

  /// Verge's messages have a struct and at most one payload, so no honest peer sends more segments.
  static constexpr std::size_t max_segments = 8;
  /// A message with a block has about a sixteenth of this limit.
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;

  frame() = default;
  explicit frame(std::vector<segment> segments);

  /// Bytes of the flat form, segment table included: what the ledger counts.
  std::size_t encoded_size() const;
  std::vector<char> flatten() const;
  /// The segment table, with which the flat form begins. The segments follow it unchanged.
  std::vector<std::uint32_t> segment_table() const;
  /// Copies flat bytes into a new frame. Refuses a segment table that does not fit `bytes` exactly.
  static result<frame> parse(std::span<const char> bytes);
  /// The same without a copy. `memory` must be aligned for 64-bit words.
  static result<frame> adopt(std::shared_ptr<const std::byte> memory, std::size_t bytes);

  const std::vector<segment>& segments() const;

private:
  std::shared_ptr<const std::vector<segment>> segments_;
};

}  // namespace verge
