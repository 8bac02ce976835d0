#pragma once

#include <ATen/core/Tensor.h>

#include "verge/model/flat_buffer.hpp"

namespace verge {

/// Zeros in main memory, pinned where `device` is a GPU, which then reads and writes there by itself.
flat_buffer host_buffer(scalar type, std::size_t elements, at::Device device);

/// The same memory as a tensor.
at::Tensor tensor_of(flat_buffer& buffer);

}  // namespace verge
