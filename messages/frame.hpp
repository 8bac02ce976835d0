#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "verge/messages/errors.hpp"

namespace verge {

/// One encoded Cap'n Proto message: an immutable, reference-counted list of segments. Copying a frame
/// shares the segments, so it crosses a mailbox at no cost; over a socket go its flat bytes, which are
/// the standard stream framing (segment table, then segments). A segment may be memory of the sender's
/// that was never copied, such as a block of a model.
class frame {
public:
  /// Words of a message and a share in what keeps them alive.
  struct segment {
    std::shared_ptr<const void> owner;
    std::span<const std::uint64_t> words;
  };

  /// Messages of ours have a struct and at most one payload; more segments come from no honest peer.
  static constexpr std::size_t max_segments = 8;
  /// A block and what goes with it are a sixteenth of that.
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;

  frame() = default;
  explicit frame(std::vector<segment> segments);

  /// Bytes of the flat form, segment table included: what the ledger counts.
  std::size_t encoded_size() const;
  std::vector<char> flatten() const;
  /// The flat form begins with it; the segments follow as they are.
  std::vector<std::uint32_t> segment_table() const;
  /// Takes flat bytes apart into a frame of its own; refuses a segment table that does not fit
  /// `bytes` exactly.
  static result<frame> parse(std::span<const char> bytes);
  /// The same without a copy; the memory is aligned for words.
  static result<frame> adopt(std::shared_ptr<const std::byte> memory, std::size_t bytes);

  const std::vector<segment>& segments() const;

private:
  std::shared_ptr<const std::vector<segment>> segments_;
};

}  // namespace verge
