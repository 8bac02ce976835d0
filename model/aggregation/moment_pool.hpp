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

/// Variances of different devices cannot be averaged, because the means differ too. A moment_pool
/// pools the batch-norm moments of a round's devices by the law of total variance and moves the
/// running statistics; docs/batch_norm.md has the formulas. The result does not depend on the
/// order, as with the mean that it is built on. A layout without statistics costs nothing. Not
/// thread-safe.
class moment_pool {
public:
  explicit moment_pool(const manifest& layout);

  /// Starts a round. At most `most_devices` devices will add moments, with a total weight of at
  /// most `most_weight`.
  void begin(std::uint64_t most_weight, std::uint64_t most_devices);

  /// Adds the statistics blocks of one update, in their order, with usable values only. The update
  /// took `steps` local steps. Returns false, and adds nothing, when a variance is negative or a
  /// second moment is beyond order_free_mean::largest_value.
  [[nodiscard]] bool add(std::span<const shared_bytes> blocks, std::uint64_t weight,
                         std::uint32_t steps);

  /// The same for the measured moments of one batch, which may have any values. Also returns false
  /// when one is not finite.
  [[nodiscard]] bool add(const flat_buffer& moments, std::uint64_t weight);

  /// Moves `state`'s statistics and batch counter by what was added. Does nothing when nothing was
  /// added.
  void apply(model_state& state) const;

  /// The pooled means and variances, in the layout's type. Something must have been added.
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

/// Moves running statistics as far towards `moments` as `steps` batches with these moments would
/// have moved them.
void move_towards(flat_buffer& running, const flat_buffer& moments, std::uint32_t steps);

}  // namespace verge
