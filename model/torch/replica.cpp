#include "model/torch/replica.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <c10/core/StreamGuard.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>

#include "model/networks/network_recipe.hpp"
#include "model/torch/torch_device.hpp"

namespace verge {

namespace {

/// While this object lives, LibTorch queues this thread's work for the LibTorch device on `stream`,
/// if there is one. (The guard's own constructor takes an optional type that differs between
/// LibTorch's versions.)
struct on_stream {
  explicit on_stream(const std::optional<c10::Stream>& stream) {
    if (stream) guard.reset_stream(*stream);
  }
  c10::OptionalStreamGuard guard;
};

/// Puts a module back into evaluation mode, whatever happens.
struct evaluation_mode {
  torch::jit::Module& module;
  ~evaluation_mode() { module.train(false); }
};

}  // namespace

replica::replica(const network& net, at::Device device) : replica(net, device, !device.is_cpu()) {
  if (!device.is_cpu()) make_gpus_exact();
}

replica::replica(const network& net, at::Device device, bool is_apart)
    : net_(net),
      type_(net.tensors().type()),
      device_(device),
      stream_(own_stream(device)),
      parameters_(type_, net.tensors().parameter_count(), device, is_apart),
      statistics_(type_, net.tensors().statistic_count(), device, is_apart),
      gradients_(type_, net.tensors().parameter_count(), device, is_apart),
      module_(make_torchscript_module(net.parts().root, net.tensors(),
                                      [this](const tensor_entry& entry) { return view(entry); })),
      dropouts_(type_, device, module_.dropouts) {}

at::Tensor replica::view(const tensor_entry& entry) {
  if (entry.role == tensor_role::batch_counter) {
    // No forward pass reads the counter, because the momentum of Verge's norm layers is fixed.
    return at::from_blob(&unread_counter_, entry.shape, at::kLong);
  }
  const bool trained = entry.role == tensor_role::parameter;
  at::Tensor tensor = (trained ? parameters_ : statistics_).view(entry);
  if (trained) {
    tensor.set_requires_grad(true);
    entries_.push_back(&entry);
    leaves_.push_back(tensor);
  }
  return tensor;
}

at::Tensor replica::input(std::span<const float> features) {
  const sample_shape& shape = net_.options().input;
  const std::array<std::int64_t, 4> sizes{
      static_cast<std::int64_t>(features.size() / shape.elements()), shape.channels, shape.height,
      shape.width};
  if (type_ == scalar::float32) {
    // No layer writes to its input's memory, but from_blob has no const form.
    return at::from_blob(const_cast<float*>(features.data()), sizes, at::kFloat).to(device_);
  }
  wide_features_.assign(features.begin(), features.end());
  return at::from_blob(wide_features_.data(), sizes, at::kDouble).to(device_);
}

at::Tensor replica::forward(const at::Tensor& input, bool training) {
  parameters_.push();
  statistics_.push();
  if (module_.root.is_training() != training) module_.root.train(training);
  return module_.root.forward({input}).toTensor();
}

void replica::observe(std::span<const float> features) {
  const at::NoGradGuard not_recording;
  const on_stream queued(stream_);
  parameters_.push();
  statistics_.push();
  const evaluation_mode after{module_.root};
  module_.root.train(false);
  for (auto child : module_.root.modules())
    if (child.hasattr("running_mean")) child.setattr("training", true);
  module_.root.forward({input(features)});
  statistics_.pull();
}

void replica::draw_dropouts(const local_data& data, round_id round, std::uint32_t step,
                            std::size_t samples) {
  const on_stream queued(stream_);
  dropouts_.draw(data, round, step, samples);
}

double replica::backward(const sample_batch& batch, const gradient_visitor& visit,
                         bool visitor_moves_parameters) {
  const at::AutoGradMode recording(true);
  const on_stream queued(stream_);
  const at::Tensor labels =
      at::from_blob(const_cast<std::int64_t*>(batch.labels.data()),
                    {static_cast<std::int64_t>(batch.labels.size())}, at::kLong)
          .to(device_);
  const at::Tensor logits = forward(input(batch.features), true);
  const at::Tensor loss = at::nll_loss(at::log_softmax(logits, 1), labels);
  const auto gradients = torch::autograd::grad({loss}, leaves_);
  gradients_.carry(entries_, gradients, visit);
  if (visitor_moves_parameters) parameters_.mark_stale();
  statistics_.pull();
  return loss.item<double>();
}

std::vector<double> replica::logits(std::span<const float> features) {
  const at::NoGradGuard not_recording;
  const on_stream queued(stream_);
  const at::Tensor result = forward(input(features), false).contiguous().to(at::kCPU);
  return with_scalar(type_, [&](auto zero) {
    const auto* first = result.data_ptr<decltype(zero)>();
    return std::vector<double>(first, first + result.numel());
  });
}

}  // namespace verge
