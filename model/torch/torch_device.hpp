#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <optional>
#include <string>

#include "verge/model/manifest.hpp"

namespace verge {

/// The LibTorch device of a text that check_torch_device() accepts.
at::Device torch_device_of(const std::string& text);

/// A queue of work on a GPU, so that replicas do not wait for each other; unset on the CPU.
/// LibTorch hands out its queues in turn.
std::optional<c10::Stream> own_stream(at::Device device);

/// Makes the GPUs of the whole process convolve with deterministic algorithms and multiply in full
/// precision (no TF32). Pooling may still sum in any order.
void make_gpus_exact();

inline at::ScalarType torch_type(scalar type) {
  return type == scalar::float32 ? at::kFloat : at::kDouble;
}

}  // namespace verge
