#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/aggregation/order_free_mean.hpp"
#include "verge/messages/shared_bytes.hpp"
#include "verge/model/manifest.hpp"
#include "verge/model/model_state.hpp"

namespace verge {

/// Pools the batch-norm moments of a round's devices by the law of total variance and moves the running
/// statistics; docs/batch_norm.md has the formulas. Order-free like the mean it is built on. A layout
/// without statistics costs nothing.
class moment_pool {
public:
  explicit moment_pool(const manifest& layout);

  /// At most so many devices will add, of together at most so much weight.
  void begin(std::uint64_t most_weight, std::uint64_t most_devices);

  /// The statistics blocks of one update, in their order, usable values only; `steps` local steps made
  /// them. False, and nothing added, when a variance is negative or a second moment beyond
  /// order_free_mean::largest_value.
  [[nodiscard]] bool add(std::span<const shared_bytes> blocks, std::uint64_t weight,
                         std::uint32_t steps);

  /// The same of one batch's moments as they were measured, any values: false as well when one is not finite.
  [[nodiscard]] bool add(const flat_buffer& moments, std::uint64_t weight);

  /// Moves `state`'s statistics and batch counter by what was added; nothing when nothing was.
  void apply(model_state& state) const;

  /// The pooled means and variances themselves, of the layout's type. Something has been added.
  flat_buffer pooled() const;

private:
  std::vector<double> pooled_values() const;

  struct channel_range {
    std::size_t mean;
    std::size_t variance;
    std::size_t count;
  };

  scalar type_;
  std::size_t elements_;
  std::vector<channel_range> layers_;
  order_free_mean sum_;
  std::uint32_t steps_ = 0;
};

/// Moves running statistics as far towards `moments` as `steps` batches with these moments would have moved them.
void move_towards(flat_buffer& running, const flat_buffer& moments, std::uint32_t steps);

}  // namespace verge
