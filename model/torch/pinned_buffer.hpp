#pragma once

#include <ATen/core/Tensor.h>

#include "verge/model/flat_buffer.hpp"

namespace verge {

/// Makes a buffer of zeros in main memory. Where `device` is a GPU the memory is pinned, so the GPU
/// reads and writes there by itself. Pinned memory starts at a page, so it has the alignment of a
/// flat_buffer.
flat_buffer make_host_buffer(scalar type, std::size_t elements, at::Device device);

/// The same memory as a tensor, which must not outlive the buffer.
at::Tensor tensor_of(flat_buffer& buffer);

}  // namespace verge
