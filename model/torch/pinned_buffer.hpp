#pragma once

#include <ATen/core/Tensor.h>

#include "verge/model/flat_buffer.hpp"

namespace verge {

/// Zeros in main memory, pinned where `device` is a GPU, which then reads and writes there by itself. Pinned memory begins
/// at a page, so it is aligned as a flat_buffer has to be.
flat_buffer make_host_buffer(scalar type, std::size_t elements, at::Device device);

/// The same memory as a tensor, which must not outlive the buffer.
at::Tensor tensor_of(flat_buffer& buffer);

}  // namespace verge
