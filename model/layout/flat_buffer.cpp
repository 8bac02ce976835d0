#include "verge/model/flat_buffer.hpp"

#include <atomic>
#include <cstring>
#include <utility>

#include "messages/bulk_memory.hpp"

namespace verge {

flat_buffer::flat_buffer(scalar type, std::size_t elements)
    : flat_buffer(type, elements, allocate(type, elements)) {}

flat_buffer::flat_buffer(scalar type, std::size_t elements, std::shared_ptr<std::byte> memory)
    : type_(type), elements_(elements), memory_(std::move(memory)) {}

flat_buffer flat_buffer::unfilled(scalar type, std::size_t elements) {
  const std::size_t bytes = allocation_bytes(type, elements);
  auto memory = allocate_bulk(bytes);
  const auto padding = bytes - elements * bytes_of(type);
  std::memset(memory.get() + bytes - padding, 0, padding);
  return {type, elements, std::move(memory)};
}

std::size_t flat_buffer::allocation_bytes(scalar type, std::size_t elements) {
  return (elements * bytes_of(type) + 7) / 8 * 8;
}

std::shared_ptr<std::byte> flat_buffer::allocate(scalar type, std::size_t elements) {
  const std::size_t bytes = allocation_bytes(type, elements);
  auto memory = allocate_bulk(bytes);
  std::memset(memory.get(), 0, bytes);
  return memory;
}

flat_buffer flat_buffer::clone() const {
  if (memory_ == nullptr) return *this;
  const std::size_t bytes = allocation_bytes(type_, elements_);
  auto memory = allocate_bulk(bytes);
  // The padding is copied with the rest. It is zero in the original, so it is zero in the copy.
  std::memcpy(memory.get(), memory_.get(), bytes);
  return {type_, elements_, std::move(memory)};
}

void flat_buffer::stop_sharing() {
  if (memory_.use_count() > 1) *this = clone();
  // The last other holder may have read the memory on another thread just before.
  std::atomic_thread_fence(std::memory_order_acquire);
}

}  // namespace verge
