#include "bulk_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace verge {

namespace {

constexpr std::align_val_t alignment{64};

}  // namespace

std::shared_ptr<std::byte> allocate_bulk(std::size_t bytes) {
  if (bytes >= bulk_is_mapped_from) {
    void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc{};
    madvise(pages, bytes, MADV_HUGEPAGE);  // a wish: one fault for 2 MiB where there are such pages
    return {static_cast<std::byte*>(pages), [bytes](std::byte* p) { munmap(p, bytes); }};
  }
  auto* memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, [](std::byte* p) { ::operator delete(p, alignment); }};
}

}  // namespace verge
