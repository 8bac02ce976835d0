#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "verge/model/flat_buffer.hpp"

namespace verge {

/// Flat buffers of one size that come back when their last holder lets go, so that rounds reuse pages
/// that are mapped already instead of faulting in fresh ones.
///
/// Thread-safe. Buffers may outlive the pool; their memory is then freed.
class buffer_pool : public std::enable_shared_from_this<buffer_pool> {
public:
  /// `on_return` is called, on whichever thread let go, after a buffer came back.
  static std::shared_ptr<buffer_pool> create(scalar type, std::size_t elements,
                                             std::function<void()> on_return = {});

  /// A buffer whose contents are those of some earlier use.
  flat_buffer take();

  /// Buffers that are out at present.
  std::size_t taken() const;

private:
  buffer_pool(scalar type, std::size_t elements, std::function<void()> on_return);
  void put_back(std::shared_ptr<std::byte> memory);

  const scalar type_;
  const std::size_t elements_;
  const std::function<void()> on_return_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<std::byte>> free_;
  std::size_t taken_ = 0;
};

}  // namespace verge
