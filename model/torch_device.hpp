#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "verge/model/manifest.hpp"

namespace verge {

/// The LibTorch device of a text that check_torch_device() takes.
at::Device torch_device_of(const std::string& text);

/// Has the GPUs of the whole process sum in one order and multiply in full precision, as far as their libraries let themselves be
/// told.
void make_gpus_repeatable();

inline at::ScalarType torch_type(scalar type) {
  return type == scalar::float32 ? at::kFloat : at::kDouble;
}

}  // namespace verge
