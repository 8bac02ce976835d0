#include "model/aggregation/divergence.hpp"

#include <fmt/format.h>

#include "model/aggregation/order_free_mean.hpp"

namespace verge {

std::string name_unusable(const manifest& layout, const block_range& range,
                          std::span<const std::byte> values) {
  const auto bad = first_unusable(layout.type(), values);
  if (bad == values.size() / bytes_of(layout.type())) return {};
  return fmt::format("{} has a value that is not a number within +-{}",
                     layout.tensor_at(range.statistics, range.offset + bad).name,
                     order_free_mean::largest_value);
}

std::string why_diverged(std::string_view what, const manifest& layout, const block_range& range,
                         std::span<const std::byte> values) {
  const auto unusable = name_unusable(layout, range, values);
  if (unusable.empty()) return {};
  return fmt::format("{} has diverged: {}; {}", what, unusable, divergence_hint);
}

}  // namespace verge
