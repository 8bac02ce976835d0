#pragma once

#include "verge/model/manifest.hpp"

namespace verge::test {

/// A convolution, a vector that travels dense, a matrix, another vector, and norm statistics.
inline manifest two_matrix_layout() {
  manifest layout{scalar::float32};
  layout.add("conv.weight", {6, 5, 3, 3}, tensor_role::parameter);
  layout.add("conv.bias", {6}, tensor_role::parameter);
  layout.add("linear.weight", {10, 37}, tensor_role::parameter);
  layout.add("linear.bias", {10}, tensor_role::parameter);
  layout.add("norm.running_mean", {3}, tensor_role::running_mean);
  layout.add("norm.running_var", {3}, tensor_role::running_variance);
  return layout;
}

}  // namespace verge::test
