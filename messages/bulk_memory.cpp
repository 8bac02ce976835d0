#include "messages/bulk_memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <boost/interprocess/offset_ptr.hpp>
#include <boost/interprocess/sync/mutex_family.hpp>
#include <cstdint>
#include <mutex>
#include <new>

namespace verge {

namespace {

constexpr std::size_t alignment = 64;

std::shared_ptr<std::byte> allocate_from_heap(std::size_t bytes) {
  constexpr std::align_val_t aligned{alignment};
  auto* memory = static_cast<std::byte*>(::operator new(bytes, aligned));
  return {memory, [](std::byte* p) { ::operator delete(p, aligned); }};
}

/// A range of reserved addresses. Memory lies behind the first part of it, which grows as needed.
/// Allocations take the free range that fits best, and the tree of the free ranges lies in the
/// arena too. Thread-safe.
class arena {
public:
  arena() {
    // Addresses for twice the machine's memory are enough. If the process has a limit on its
    // addresses, the arena takes a quarter of it, because the process needs the rest for other
    // things.
    auto wanted = 2 * static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                  static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (rlimit most{}; getrlimit(RLIMIT_AS, &most) == 0 && most.rlim_cur != RLIM_INFINITY)
      wanted = std::min<std::size_t>(wanted, most.rlim_cur / 4);
    void* got = MAP_FAILED;
    for (; got == MAP_FAILED && wanted > 4 * step; wanted /= 2) {
      reserved_ = wanted;
      got = mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (got == MAP_FAILED) return;
    const auto first = (reinterpret_cast<std::uintptr_t>(got) + step - 1) / step * step;
    reserved_ -= first - reinterpret_cast<std::uintptr_t>(got);
    begin_ = reinterpret_cast<std::byte*>(first);
    madvise(begin_, reserved_,
            MADV_HUGEPAGE);  // a request: one fault per 2 MiB where there are huge pages
    if (have(step)) free_ = new (begin_) best_fit{step, 0};
  }

  /// Returns null when the arena has no room.
  std::byte* allocate(std::size_t bytes) {
    const std::lock_guard lock{mutex_};
    if (free_ == nullptr || bytes > reserved_) return nullptr;
    if (auto* found = free_->allocate(bytes)) return static_cast<std::byte*>(found);
    // Free memory at the end could serve too, but only the tree knows how much there is.
    const auto more = (bytes + 2 * alignment + step - 1) / step * step;
    if (!have(free_->get_size() + more)) return nullptr;
    free_->grow(more);
    return static_cast<std::byte*>(free_->allocate(bytes));
  }

  void deallocate(std::byte* memory) {
    const std::lock_guard lock{mutex_};
    free_->deallocate(memory);
  }

  void give_back() {
    const std::lock_guard lock{mutex_};
    if (free_ == nullptr) return;
    const auto before = free_->get_size();
    free_->shrink_to_fit();
    const auto kept = (free_->get_size() + step - 1) / step * step;
    free_->grow(kept - free_->get_size());
    if (kept >= before) return;
    madvise(begin_ + kept, before - kept, MADV_DONTNEED);
    mprotect(begin_ + kept, before - kept, PROT_NONE);
  }

private:
  using best_fit =
      boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family,
                                           boost::interprocess::offset_ptr<void>, alignment>;

  /// The arena grows by whole huge pages.
  static constexpr std::size_t step = std::size_t{2} << 20;

  bool have(std::size_t bytes) const {
    return bytes <= reserved_ && mprotect(begin_, bytes, PROT_READ | PROT_WRITE) == 0;
  }

  std::mutex mutex_;
  std::byte* begin_ = nullptr;
  std::size_t reserved_ = 0;
  /// Lies at begin_; null if there is no arena.
  best_fit* free_ = nullptr;
};

arena& arena_of_process() {
  static auto& one = *new arena;  // never destroyed, because static objects may free a model later
  return one;
}

// A sanitizer watches memory from malloc only, so the arena is not used with one. GCC and clang
// each have their own name for the same check.
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_watched = true;
#else
constexpr bool is_watched = false;
#endif

}  // namespace

std::shared_ptr<std::byte> allocate_bulk(std::size_t bytes) {
  if (bytes < bulk_begins_at || is_watched) return allocate_from_heap(bytes);
  auto* memory = arena_of_process().allocate(bytes);
  if (memory == nullptr) return allocate_from_heap(bytes);
  return {memory, [](std::byte* p) { arena_of_process().deallocate(p); }};
}

void give_back_free_bulk() {
  if (!is_watched) arena_of_process().give_back();
}

}  // namespace verge
