#include "verge/model/model_state.hpp"

#include <fmt/format.h>

#include <bit>
#include <span>

#include "model/layout/sha256.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

static_assert(std::endian::native == std::endian::little, "model bytes are little-endian");

std::string model_sha256(const manifest& layout, const model_state& state) {
  if (state.parameters.size() != layout.parameter_count() ||
      state.statistics.size() != layout.statistic_count()) {
    throw run_failure(fmt::format(
        "a model of {} parameters and {} statistics was to be hashed by a layout of {} and {}",
        state.parameters.size(), state.statistics.size(), layout.parameter_count(),
        layout.statistic_count()));
  }
  const std::size_t width = bytes_of(layout.type());
  sha256 sum;
  for (const tensor_entry& entry : layout.entries()) {
    if (entry.role == tensor_role::batch_counter) {
      sum.add(static_cast<std::uint64_t>(state.batches_tracked));
      continue;
    }
    const flat_buffer& buffer =
        entry.role == tensor_role::parameter ? state.parameters : state.statistics;
    sum.add(std::span(buffer.data() + entry.offset * width, entry.elements * width));
  }
  std::string text;
  for (const std::uint8_t byte : sum.digest()) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace verge
