#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "verge/model/manifest.hpp"

namespace verge {

/// Parameters must reach LibTorch, the server's sums and messages without a copy at each border. A
/// flat_buffer holds elements of one scalar type in one 64-byte aligned run of memory that may be
/// shared. The memory is padded with zeros to a multiple of 8 bytes, so that it can be a segment of
/// a Cap'n Proto message as it is. Copying a flat_buffer shares the memory. Holders may read it in
/// several threads, but a writer must be the only holder.
class flat_buffer {
public:
  flat_buffer() = default;
  /// Filled with zeros.
  flat_buffer(scalar type, std::size_t elements);
  /// Not filled, for a caller that writes every element before anybody reads one.
  static flat_buffer unfilled(scalar type, std::size_t elements);
  /// Uses memory of another owner (a pool), which gets it back when the last holder lets go. It
  /// must have the alignment and padding described above.
  flat_buffer(scalar type, std::size_t elements, std::shared_ptr<std::byte> memory);

  /// Bytes to allocate for `elements`, padding included.
  static std::size_t allocation_bytes(scalar type, std::size_t elements);
  /// Aligned, zeroed memory for a flat_buffer.
  static std::shared_ptr<std::byte> allocate(scalar type, std::size_t elements);

  scalar type() const { return type_; }
  std::size_t size() const { return elements_; }
  std::size_t size_bytes() const { return elements_ * bytes_of(type_); }
  bool empty() const { return elements_ == 0; }

  /// T is float or double and must be the buffer's type.
  template <class T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(memory_.get()), elements_};
  }
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(memory_.get()), elements_};
  }
  std::byte* data() { return memory_.get(); }
  const std::byte* data() const { return memory_.get(); }
  const std::shared_ptr<std::byte>& memory() const { return memory_; }

  /// A copy with memory of its own.
  flat_buffer clone() const;
  /// To be called before writing to memory that others may hold. From then on the memory is this
  /// buffer's alone.
  void stop_sharing();

private:
  scalar type_ = scalar::float32;
  std::size_t elements_ = 0;
  std::shared_ptr<std::byte> memory_;
};

/// Calls `f` with a value of the C++ type of `type`: f(float{}) or f(double{}).
template <class F>
decltype(auto) with_scalar(scalar type, F&& f) {
  return type == scalar::float32 ? f(float{}) : f(double{});
}

}  // namespace verge
