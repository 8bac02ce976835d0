#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// Receives one parameter tensor's gradient: its place in the flat buffer, and its memory.
using gradient_visitor = std::function<void(const tensor_entry& entry, const std::byte* gradient)>;

/// Shows a pass's gradients in main memory. On the processor they are there; another LibTorch device sends them in one
/// piece, because for each copy from such a device the processor waits until the device has done all its work.
class gradient_carrier {
public:
  /// `is_apart`: gradients are brought in one piece; on a processor, that is for tests.
  gradient_carrier(scalar type, std::size_t elements, at::Device device, bool is_apart);

  /// Visits `gradients`, those of `entries`: of all parameters, in the manifest's order, in which the flat buffer has them
  /// one after the other.
  void carry(const std::vector<const tensor_entry*>& entries,
             const std::vector<at::Tensor>& gradients, const gradient_visitor& visit);

private:
  /// All gradients one after the other, on the device and in main memory; undefined and empty where nothing is brought.
  at::Tensor there_;
  flat_buffer here_;
};

}  // namespace verge
