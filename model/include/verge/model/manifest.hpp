#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "verge/messages/ids.hpp"

namespace verge {

/// Element type of a model's parameters and statistics.
enum class scalar : std::uint8_t { float32, float64 };

constexpr std::size_t bytes_of(scalar type) {
  return type == scalar::float32 ? 4 : 8;
}

/// The role of a named tensor of a model in training.
enum class tensor_role : std::uint8_t {
  /// Trained, and averaged over devices.
  parameter,
  /// A running mean of a norm layer, pooled over devices (section "moments" of docs/batch_norm.md).
  running_mean,
  /// A running variance of a norm layer. The entry right before it is its mean.
  running_variance,
  /// A 64-bit count of batches seen (num_batches_tracked), never averaged.
  batch_counter,
};

/// The `a` of docs/batch_norm.md: how far one batch moves a running statistic. All norm layers
/// share this value, which is torch's default.
inline constexpr double batch_norm_momentum = 0.1;

/// One named tensor. Parameters lie in one flat buffer, running means and variances in a second
/// one. Both have the manifest's scalar type. Batch counters have no place in either, because all
/// counters of a model hold the same number, `model_state::batches_tracked`.
struct tensor_entry {
  std::string name;
  std::vector<std::int64_t> shape;
  tensor_role role = tensor_role::parameter;
  /// First element in its flat buffer.
  std::size_t offset = 0;
  /// Product of shape (1 for a scalar).
  std::size_t elements = 0;
};

/// A range of elements of one of the two flat buffers, which one block carries.
struct block_range {
  bool statistics = false;
  std::size_t offset = 0;
  std::size_t elements = 0;
};

/// Two nodes must agree on which tensor each element of a flat buffer belongs to. A manifest lists
/// names, shapes and places of all tensors of a model, in the order of the network's state dict.
/// Value type.
class manifest {
public:
  /// About 1 MiB of parameters travel together.
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  explicit manifest(scalar type = scalar::float32) : type_(type) {}

  /// Appends a tensor after those of its buffer. Throws bad_input when the name is taken, a size is
  /// negative, a counter is not a scalar, or a running variance does not follow a mean of the same
  /// shape.
  void add(std::string name, std::vector<std::int64_t> shape, tensor_role role);

  scalar type() const { return type_; }
  const std::vector<tensor_entry>& entries() const { return entries_; }
  /// Elements of the two flat buffers.
  std::size_t parameter_count() const { return parameters_; }
  std::size_t statistic_count() const { return statistics_; }
  /// The tensor that element `element` of the statistics' or the parameters' flat buffer belongs
  /// to. Throws std::out_of_range when there is no such element.
  const tensor_entry& tensor_at(bool statistics, std::size_t element) const;

  /// Number of blocks. Parameter blocks come first, then statistics blocks. Each has block_bytes
  /// bytes, except the last of its buffer. There is at least one block (empty if need be) when
  /// there is a tensor.
  std::uint32_t block_count() const;
  /// Number of blocks of parameters. They come before those of statistics.
  std::uint32_t parameter_block_count() const;
  /// Throws std::out_of_range when there is no such block, so check an index from an untrusted peer
  /// first.
  block_range block(block_index index) const;

  /// SHA-256 over scalar type, names, shapes and roles, in 32 bytes, as messages carry it. It is
  /// equal on two nodes exactly if they mean the same tensors.
  std::string hash() const;

private:
  scalar type_;
  std::vector<tensor_entry> entries_;
  std::size_t parameters_ = 0;
  std::size_t statistics_ = 0;
};

}  // namespace verge
