#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace verge {

/// Blocks of a model are large, so a message between actors of one process must not copy them. A
/// shared_bytes holds immutable bytes and a share in whatever keeps them alive: copying it shares
/// the bytes, so the receiver reads the sender's memory.
class shared_bytes {
public:
  shared_bytes() = default;
  shared_bytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

}  // namespace verge
