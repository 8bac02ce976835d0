#pragma once

#include <cstdint>

#include "verge/model/manifest.hpp"

namespace verge {

/// Approximate bytes that a block of a download takes on a link besides its payload: the request
/// and the frame of the answer.
inline constexpr std::uint64_t block_overhead_bytes = 256;

inline std::uint64_t bytes_of_model(const manifest& layout) {
  return (layout.parameter_count() + layout.statistic_count()) * bytes_of(layout.type());
}

/// Most blocks of any download of a model of this layout. The server drops steps that, with the
/// overhead of their blocks, would be larger than the model.
inline std::uint64_t most_blocks_of_download(const manifest& layout) {
  return bytes_of_model(layout) / block_overhead_bytes + layout.block_count();
}

}  // namespace verge
