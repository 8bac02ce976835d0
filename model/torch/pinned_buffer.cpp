#include "model/torch/pinned_buffer.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include "model/torch/torch_device.hpp"

namespace verge {

flat_buffer make_host_buffer(scalar type, std::size_t elements, at::Device device) {
  if (device.is_cpu()) return {type, elements};
  const at::Tensor pinned =
      at::zeros({static_cast<std::int64_t>(flat_buffer::allocation_bytes(type, elements))},
                at::TensorOptions(at::kByte).pinned_memory(true));
  auto* first = static_cast<std::byte*>(pinned.data_ptr());
  return {type, elements, std::shared_ptr<std::byte>(first, [pinned](std::byte*) {})};
}

at::Tensor tensor_of(flat_buffer& buffer) {
  return at::from_blob(buffer.data(), {static_cast<std::int64_t>(buffer.size())},
                       torch_type(buffer.type()));
}

}  // namespace verge
