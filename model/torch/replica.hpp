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

/// A batch as it was read. Kept between steps for its memory.
struct sample_batch {
  std::vector<float> features;
  std::vector<std::int64_t> labels;
};

/// One network in LibTorch. Its tensors are views of two flat buffers, so setting it to a version
/// of the model is a copy of memory. A call returns when all its work is done, on a GPU too. Knows nothing of versions or
/// rules of learning, nor of devices that hold data: `device` is LibTorch's.
class replica {
public:
  explicit replica(const network& net, at::Device device = at::kCPU);
  /// The same with a copy of the tensors on the device in any case: for tests on machines that have no other device.
  replica(const network& net, at::Device device, bool is_apart);

  /// What the forward pass reads, in manifest order; to be written by the owner.
  flat_buffer& parameters() { return parameters_.host(); }
  /// What evaluation reads and training moves.
  flat_buffer& statistics() { return statistics_.host(); }
  /// The masks of the next pass, as dropout_layers::draw() says.
  void draw_dropouts(const local_data& data, round_id round, std::uint32_t step,
                     std::size_t samples);

  /// Forward and backward in training mode. Returns the mean cross entropy of the batch after
  /// having visited all gradients in manifest order. Where the visitor writes to parameters(), say so.
  double backward(const sample_batch& batch, const gradient_visitor& visit,
                  bool visitor_moves_parameters);

  /// Forward in evaluation mode but for batch norm, which takes the batch's moments and moves its statistics.
  void observe(std::span<const float> features);

  /// Forward in evaluation mode: `classes` values a sample.
  std::vector<double> logits(std::span<const float> features);

private:
  at::Tensor view(const tensor_entry& entry);
  /// `features` as the network takes them; valid until the next call.
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
