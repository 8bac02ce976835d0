#include "verge/model/flat_buffer.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>

namespace verge {

namespace {

constexpr std::align_val_t alignment{64};

/// From here on memory comes from the system page by page: a model's worth of it goes back whole
/// when it is freed, and leaves no hole of that size in the heap that small allocations then take a
/// bite of.
constexpr std::size_t mapped_from = std::size_t{1} << 20;

std::shared_ptr<std::byte> allocate_uninitialised(std::size_t bytes) {
  if (bytes >= mapped_from) {
    void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc{};
    return {static_cast<std::byte*>(pages), [bytes](std::byte* p) { munmap(p, bytes); }};
  }
  auto* memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, [](std::byte* p) { ::operator delete(p, alignment); }};
}

}  // namespace

flat_buffer::flat_buffer(scalar type, std::size_t elements)
    : flat_buffer(type, elements, allocate(type, elements)) {}

flat_buffer::flat_buffer(scalar type, std::size_t elements, std::shared_ptr<std::byte> memory)
    : type_(type), elements_(elements), memory_(std::move(memory)) {}

std::size_t flat_buffer::allocation_bytes(scalar type, std::size_t elements) {
  return (elements * bytes_of(type) + 7) / 8 * 8;
}

std::shared_ptr<std::byte> flat_buffer::allocate(scalar type, std::size_t elements) {
  const std::size_t bytes = allocation_bytes(type, elements);
  auto memory = allocate_uninitialised(bytes);
  if (bytes < mapped_from) std::memset(memory.get(), 0, bytes);  // fresh pages are zero
  return memory;
}

flat_buffer flat_buffer::clone() const {
  if (memory_ == nullptr) return *this;
  const std::size_t bytes = allocation_bytes(type_, elements_);
  auto memory = allocate_uninitialised(bytes);
  // The padding is copied with the rest: it is zero here, so it is there.
  std::memcpy(memory.get(), memory_.get(), bytes);
  return {type_, elements_, std::move(memory)};
}

}  // namespace verge
