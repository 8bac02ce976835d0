#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verge/model/module_spec.hpp"
#include "verge/model/network.hpp"

// What networks are put together from: parts of a module_spec, ready made.

namespace verge::networks {

/// The fixed part of a two-dimensional convolution. Kernels are square.
struct convolution_shape {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 0;

  /// Size of its output for maps of size `map`.
  map_size after(const map_size& map) const;
};

/// Size of the output of 2x2 max pooling for maps of size `in`: half, rounded down.
map_size pooled(const map_size& in);

/// PyTorch's default for weights and biases alike (kaiming_uniform with a = sqrt(5)): uniform in
/// +-1 / sqrt(fan_in).
initial_values default_uniform(std::int64_t fan_in);

/// Glorot and Bengio 2010, equation 16: uniform in +-sqrt(6 / (fan_in + fan_out)).
initial_values glorot_uniform(std::int64_t fan_in, std::int64_t fan_out);

/// He et al. 2015: normal with standard deviation sqrt(2 / fan). With fan_in the signal keeps its
/// size on its way forward (equation 10), with fan_out the gradient does on its way back (equation
/// 14).
initial_values he_normal(std::int64_t fan);

inline constexpr initial_values zeros{initial_values::distribution::constant, 0.0};
inline constexpr initial_values ones{initial_values::distribution::constant, 1.0};

/// weight [out, in, kernel, kernel] and bias [out].
module_spec convolution(std::string name, const convolution_shape& shape, initial_values weight,
                        initial_values bias);
/// weight [out, in, kernel, kernel] only, as in front of a norm layer.
module_spec convolution_without_bias(std::string name, const convolution_shape& shape,
                                     initial_values weight);

/// weight [out, in] and bias [out].
module_spec linear(std::string name, std::int64_t in, std::int64_t out, initial_values weight,
                   initial_values bias);
/// The same with PyTorch's default values.
module_spec linear(std::string name, std::int64_t in, std::int64_t out);

/// Dropout has no tensors. In training it multiplies by masks[0] where a learner has set one.
/// Otherwise torch draws a mask, which is what a Python user of the file gets.
module_spec dropout(std::string name, double probability, std::vector<std::int64_t> sample_shape);

/// Batch norm (weight, bias, running_mean, running_var, num_batches_tracked) or group norm (weight,
/// bias) in `groups` groups, which must divide the channels, for maps of size `map`. `kind` must
/// not be none.
module_spec normalisation(std::string name, norm_kind kind, std::int64_t channels, map_size map,
                          std::int64_t groups);
/// The same with group_count(channels) groups.
module_spec normalisation(std::string name, norm_kind kind, std::int64_t channels, map_size map);

/// Number of groups for group norm: 32 (Wu and He 2018), or the largest divisor of `channels` below
/// 32.
std::int64_t group_count(std::int64_t channels);

/// Applies `children` one after the other. They get the names "0", "1", ... here.
module_spec sequence(std::string name, std::vector<module_spec> children);

}  // namespace verge::networks
