#pragma once

#include <cstdint>
#include <vector>

#include "verge/messages/shared_bytes.hpp"
#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"
#include "verge/model/model_state.hpp"

namespace verge {

/// One version of a model as the blocks that it travels in. The blocks share the memory of whoever
/// made them.
struct model_blocks {
  std::vector<shared_bytes> blocks;
  std::int64_t batches_tracked = 0;
};

/// The blocks of `layout`, which share the memory of two flat buffers (parameters or an update;
/// statistics or moments).
std::vector<shared_bytes> split_blocks(const manifest& layout, const flat_buffer& parameters,
                                       const flat_buffer& statistics);

model_blocks split_blocks(const manifest& layout, const model_state& state);

}  // namespace verge
