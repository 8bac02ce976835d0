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

/// What a named tensor of a model is to the training.
enum class tensor_role : std::uint8_t {
  /// Trained; averaged over devices.
  parameter,
  /// A running mean of a norm layer; pooled over devices (section "moments" of docs/batch_norm.md).
  running_mean,
  /// A running variance of a norm layer; the entry right before it is its mean.
  running_variance,
  /// A 64-bit count of batches seen (num_batches_tracked); never averaged.
  batch_counter,
};

/// The `a` of docs/batch_norm.md: how far one batch moves a running statistic. Every norm layer has
/// this one (torch's default).
inline constexpr double batch_norm_momentum = 0.1;

/// One named tensor. Parameters lie in one flat buffer, running means and variances in a second one
/// (both of the manifest's scalar type); batch counters have no place in either: all of a model's
/// counters hold the same number, `model_state::batches_tracked`.
struct tensor_entry {
  std::string name;
  std::vector<std::int64_t> shape;
  tensor_role role = tensor_role::parameter;
  /// First element in its flat buffer.
  std::size_t offset = 0;
  /// Product of shape (1 for a scalar).
  std::size_t elements = 0;
};

/// A range of elements of one of the two flat buffers: what one block carries.
struct block_range {
  bool statistics = false;
  std::size_t offset = 0;
  std::size_t elements = 0;
};

/// Names, shapes and places of all tensors of a model, in the order of the network's state dict.
/// Value type.
class manifest {
public:
  /// About 1 MiB of parameters travel together.
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  explicit manifest(scalar type = scalar::float32) : type_(type) {}

  /// Appends a tensor after those of its buffer. Throws bad_input when the name is taken, a size is
  /// negative, a counter is not a scalar, or a running variance does not follow the mean of its
  /// shape.
  void add(std::string name, std::vector<std::int64_t> shape, tensor_role role);

  scalar type() const { return type_; }
  const std::vector<tensor_entry>& entries() const { return entries_; }
  /// Elements of the two flat buffers.
  std::size_t parameter_count() const { return parameters_; }
  std::size_t statistic_count() const { return statistics_; }
  /// Whose element it is, of the parameters' flat buffer or of the statistics'. Throws std::out_of_range when there is
  /// no such element.
  const tensor_entry& tensor_at(bool statistics, std::size_t element) const;

  /// Parameter blocks first, then statistics blocks, each of block_bytes but the last of its
  /// buffer; at least one block (empty if need be) when there is a tensor.
  std::uint32_t block_count() const;
  /// Throws std::out_of_range when there is no such block: check what a stranger sent first.
  block_range block(block_index index) const;

  /// SHA-256 over scalar type, names, shapes and roles: equal on two nodes exactly if they mean the
  /// same tensors. 32 bytes, as messages carry them.
  std::string hash() const;

private:
  scalar type_;
  std::vector<tensor_entry> entries_;
  std::size_t parameters_ = 0;
  std::size_t statistics_ = 0;
};

}  // namespace verge
