#pragma once

#include <cstddef>
#include <memory>

namespace verge {

/// Memory for as many bytes, aligned for vector instructions, with unknown content. What holds a model or
/// an encoded update comes from the system page by page and goes back whole when it is freed: it leaves no
/// hole of its size in the heap of whichever thread made it, which no other thread could fill.
std::shared_ptr<std::byte> allocate_bulk(std::size_t bytes);

/// From so many bytes on it comes page by page, and is all zeros.
constexpr std::size_t bulk_is_mapped_from = std::size_t{128} << 10;

}  // namespace verge
