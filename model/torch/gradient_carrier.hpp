#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// Receives the gradient of one parameter tensor: its entry, which has its place in the flat
/// buffer, and its memory.
using gradient_visitor = std::function<void(const tensor_entry& entry, const std::byte* gradient)>;

/// Each copy from a GPU makes the CPU wait until the GPU has done all its work. A gradient_carrier
/// shows a pass's gradients in main memory and brings them from a LibTorch device in one piece. On
/// the CPU they are in main memory already. Not thread-safe.
class gradient_carrier {
public:
  /// `is_apart`: whether gradients are brought in one piece. On the CPU that is for tests.
  gradient_carrier(scalar type, std::size_t elements, at::Device device, bool is_apart);

  /// Visits `gradients`, the gradients of `entries`. These are all parameters in the manifest's
  /// order, in which the flat buffer holds them one after the other.
  void carry(const std::vector<const tensor_entry*>& entries,
             const std::vector<at::Tensor>& gradients, const gradient_visitor& visit);

private:
  /// All gradients one after the other, on the LibTorch device and in main memory. Undefined and
  /// empty where nothing is brought.
  at::Tensor there_;
  flat_buffer here_;
};

}  // namespace verge
