#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "verge/model/flat_buffer.hpp"

namespace verge {

/// Fresh memory in every round would be faulted in page by page. A buffer_pool hands out flat
/// buffers of one size that come back when their last holder lets go, so rounds reuse pages that
/// are mapped already.
///
/// Thread-safe. Buffers may outlive the pool, and their memory is then freed.
class buffer_pool : public std::enable_shared_from_this<buffer_pool> {
public:
  /// `on_return` is called after a buffer has come back, on the thread that let go of it.
  static std::shared_ptr<buffer_pool> create(scalar type, std::size_t elements,
                                             std::function<void()> on_return = {});

  /// A buffer with the contents of an earlier use, or zeros where its memory is new.
  flat_buffer take();

  /// Number of buffers that are out at present.
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
