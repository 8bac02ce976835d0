#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <optional>
#include <string>

#include "verge/model/manifest.hpp"

namespace verge {

/// The LibTorch device of a text that check_torch_device() takes.
at::Device torch_device_of(const std::string& text);

/// A queue of work on a GPU, so that who has one does not wait for what others have there; none on the processor.
std::optional<c10::Stream> own_stream(at::Device device);

/// Has the GPUs of the whole process sum in one order and multiply in full precision, as far as their libraries let themselves be
/// told.
void make_gpus_repeatable();

inline at::ScalarType torch_type(scalar type) {
  return type == scalar::float32 ? at::kFloat : at::kDouble;
}

}  // namespace verge
