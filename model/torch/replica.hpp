#pragma once

#include <c10/core/Stream.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/torch/accelerator_copy.hpp"
#include "model/torch/dropout_layers.hpp"
#include "model/torch/gradient_carrier.hpp"
#include "model/torch/torchscript_module.hpp"
#include "verge/model/flat_buffer.hpp"
#include "verge/model/network.hpp"

namespace verge {

/// A batch as it was read. It is kept between steps for its memory.
struct sample_batch {
  std::vector<float> features;
  std::vector<std::int64_t> labels;
};

/// One network in LibTorch. Its tensors are views of two flat buffers, so setting it to a version
/// of the model is a copy of memory. A call returns when all its work is done, on a GPU too. The
/// class knows nothing of versions, of learning rules, or of devices that hold data: `device` is
/// LibTorch's. Not thread-safe.
class replica {
public:
  explicit replica(const network& net, at::Device device = at::kCPU);
  /// The same, but with a copy of the tensors on the LibTorch device in any case. This is for tests
  /// on machines that have no other device.
  replica(const network& net, at::Device device, bool is_apart);

  /// The parameters that the forward pass reads, in manifest order. The owner writes them.
  flat_buffer& parameters() { return parameters_.host(); }
  /// The statistics that evaluation reads and training moves.
  flat_buffer& statistics() { return statistics_.host(); }
  /// Draws the masks of the next pass, as dropout_layers::draw() does.
  void draw_dropouts(const local_data& data, round_id round, std::uint32_t step,
                     std::size_t samples);

  /// Runs forward and backward in training mode. Visits all gradients in manifest order, then
  /// returns the mean cross entropy of the batch. `visitor_moves_parameters` must be true if the
  /// visitor writes to parameters().
  double backward(const sample_batch& batch, const gradient_visitor& visit,
                  bool visitor_moves_parameters);

  /// Runs forward in evaluation mode, except for batch norm, which takes the batch's moments and
  /// moves its statistics.
  void observe(std::span<const float> features);

  /// Runs forward in evaluation mode and returns `classes` values per sample.
  std::vector<double> logits(std::span<const float> features);

private:
  at::Tensor view(const tensor_entry& entry);
  /// `features` as the network takes them. The tensor is valid until the next call.
  at::Tensor input(std::span<const float> features);
  at::Tensor forward(const at::Tensor& input, bool training);

  network net_;
  scalar type_;
  at::Device device_;
  std::optional<c10::Stream> stream_;
  accelerator_copy parameters_;
  accelerator_copy statistics_;
  gradient_carrier gradients_;
  std::int64_t unread_counter_ = 0;
  /// Entries and leaves of the parameters, in manifest order.
  std::vector<const tensor_entry*> entries_;
  std::vector<at::Tensor> leaves_;
  torchscript_module module_;
  dropout_layers dropouts_;
  std::vector<double> wide_features_;
};

}  // namespace verge
