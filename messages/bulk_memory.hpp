#pragma once

#include <cstddef>
#include <memory>

namespace verge {

/// Memory for as many bytes, aligned for vector instructions, with unknown content: what holds a model, an update or
/// a block that came over a link. From bulk_begins_at bytes on it comes from one arena of the process, in huge pages
/// where the system has them. What is freed there serves the next in any thread, so that round after round runs in the
/// same pages: it neither leaves a hole in the heap of whichever thread made it, nor is it faulted in anew.
std::shared_ptr<std::byte> allocate_bulk(std::size_t bytes);

/// Smaller memory is malloc's.
constexpr std::size_t bulk_begins_at = std::size_t{128} << 10;

/// Gives the system the pages behind the last of the arena's memory that is in use.
void give_back_free_bulk();

}  // namespace verge
