#include "model/layout/model_blocks.hpp"

namespace verge {

std::vector<shared_bytes> split_blocks(const manifest& layout, const flat_buffer& parameters,
                                       const flat_buffer& statistics) {
  std::vector<shared_bytes> blocks;
  blocks.reserve(layout.block_count());
  for (std::uint32_t i = 0; i < layout.block_count(); ++i) {
    const auto range = layout.block(block_index{i});
    const auto& buffer = range.statistics ? statistics : parameters;
    const auto width = bytes_of(layout.type());
    blocks.emplace_back(
        buffer.memory(),
        std::span<const std::byte>{buffer.data() + range.offset * width, range.elements * width});
  }
  return blocks;
}

model_blocks split_blocks(const manifest& layout, const model_state& state) {
  return {split_blocks(layout, state.parameters, state.statistics), state.batches_tracked};
}

}  // namespace verge
