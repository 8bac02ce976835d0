#pragma once

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <vector>

#include "verge/model/module_spec.hpp"

namespace verge {

/// A dropout module of a built network.
struct dropout_site {
  dropout_spec spec;
  /// The module's `masks` attribute. In training the module multiplies by element 0.
  c10::List<at::Tensor> masks;
};

/// A network as LibTorch runs it. Each has a compilation unit of its own, so two of them share
/// nothing.
struct torchscript_module {
  torch::jit::Module root;
  std::vector<dropout_site> dropouts;
};

/// Returns the tensor to register for a manifest entry.
using tensor_source = std::function<at::Tensor(const tensor_entry&)>;

/// Builds `root`, whose tensors are the entries of `tensors` in order.
torchscript_module make_torchscript_module(const module_spec& root, const manifest& tensors,
                                           const tensor_source& source);

}  // namespace verge
