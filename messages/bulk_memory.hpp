#pragma once

#include <cstddef>
#include <memory>

namespace verge {

/// Allocates `bytes` bytes with unknown content, aligned for vector instructions, to hold a model,
/// an update or a block that came over a link. Allocations of bulk_begins_at bytes or more come
/// from one arena of the process, in huge pages where the system has them. Memory that is freed
/// there serves the next allocation of any thread, so every round runs in the same pages: freed
/// memory neither leaves a hole in the heap of the thread that allocated it, nor is it faulted in
/// anew. Thread-safe.
std::shared_ptr<std::byte> allocate_bulk(std::size_t bytes);

/// Smaller allocations come from malloc.
constexpr std::size_t bulk_begins_at = std::size_t{128} << 10;

/// Returns to the system the pages that lie behind the arena's last allocation in use. Thread-safe.
void give_back_free_bulk();

}  // namespace verge
