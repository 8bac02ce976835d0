#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace verge::codecs {

/// The growing bytes of one encoding. clear() keeps the memory, so in the steady state nothing is
/// allocated. Not thread-safe.
class byte_writer {
public:
  void clear() { size_ = 0; }
  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }
  std::size_t size() const { return size_; }

  /// Appends `count` uninitialised bytes and returns them. The span is valid until the next call.
  std::span<std::byte> grow(std::size_t count) {
    if (capacity_ - size_ < count) reserve(size_ + count);
    size_ += count;
    return {memory_.get() + (size_ - count), count};
  }
  /// Removes the last `count` bytes.
  void shrink(std::size_t count) { size_ -= count; }

  template <class T>
  void put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(grow(sizeof value).data(), &value, sizeof value);
  }
  void put_bytes(std::span<const std::byte> more) {
    if (!more.empty()) std::memcpy(grow(more.size()).data(), more.data(), more.size());
  }

private:
  void reserve(std::size_t least) {
    const auto wanted = least + least / 2 + 64;
    auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
    if (size_ > 0) std::memcpy(larger.get(), memory_.get(), size_);
    memory_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Bytes from outside, taken from the front. Never reads past the end: what is not there is
/// answered with false or an empty span.
class byte_reader {
public:
  explicit byte_reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::size_t left() const { return rest_.size(); }

  template <class T>
  [[nodiscard]] bool get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (rest_.size() < sizeof value) return false;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return true;
  }
  [[nodiscard]] bool take(std::size_t count, std::span<const std::byte>& taken) {
    if (rest_.size() < count) return false;
    taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return true;
  }
  /// All bytes that are left, for coders that learn their length as they read. Call skip()
  /// afterwards.
  std::span<const std::byte> peek() const { return rest_; }
  void skip(std::size_t count) { rest_ = rest_.subspan(count); }

private:
  std::span<const std::byte> rest_;
};

}  // namespace verge::codecs
