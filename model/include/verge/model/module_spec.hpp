#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verge/model/manifest.hpp"

namespace verge {

/// How a tensor of a new model is filled.
struct initial_values {
  enum class distribution : std::uint8_t {
    /// Every element is `scale`.
    constant,
    /// Uniform in [-scale, scale).
    uniform,
    /// Normal with mean 0 and standard deviation `scale`.
    normal,
  };

  distribution kind = distribution::constant;
  double scale = 0.0;
};

/// A tensor that a module owns.
struct tensor_spec {
  std::string name;
  std::vector<std::int64_t> shape;
  tensor_role role = tensor_role::parameter;
  initial_values initial;
};

/// Where dropout happens: its probability and the shape of one sample there.
struct dropout_spec {
  double probability = 0.0;
  std::vector<std::int64_t> sample_shape;
};

/// Rows and columns of one channel of a sample.
struct map_size {
  std::int64_t height = 1;
  std::int64_t width = 1;
};

/// A module of a network as data: the tensors that it owns and its forward pass in TorchScript
/// source. Networks are trees of modules, so that layout, initial values and TorchScript come from
/// one description, and only torchscript_module.cpp needs LibTorch.
///
/// State dict order is the module's own tensors (parameters before statistics), then those of its
/// children.
struct module_spec {
  /// Attribute name in the parent; empty for the root.
  std::string name;
  /// Class name in the TorchScript file.
  std::string type;
  /// `def forward(self, x): ...`
  std::string forward;
  std::vector<tensor_spec> tensors;
  std::vector<module_spec> children;
  /// A dropout module has an attribute `masks: List[Tensor]` beside `training`.
  std::optional<dropout_spec> dropout;
  /// For a batch-norm module: the map that it normalises per sample and channel.
  std::optional<map_size> batch_norm;
};

}  // namespace verge
