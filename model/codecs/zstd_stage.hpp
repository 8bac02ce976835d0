#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "byte_io.hpp"

namespace verge::codecs {

/// Appends `bytes` to `out`, compressed. False, and nothing appended, where that would not be
/// smaller.
bool zstd_compress(std::span<const std::byte> bytes, int level, byte_writer& out);

/// Makes `out` the `raw_size` bytes that `packed`, one whole frame, decompresses to. Allocates no
/// more than that, and nothing before the frame says the same size. Returns why it cannot, or an
/// empty text.
std::string zstd_decompress(std::span<const std::byte> packed, std::uint64_t raw_size,
                            std::vector<std::byte>& out);

}  // namespace verge::codecs
