#include "model/torch/accelerator_copy.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <utility>

#include "model/torch/pinned_buffer.hpp"
#include "model/torch/torch_device.hpp"

namespace verge {

accelerator_copy::accelerator_copy(scalar type, std::size_t elements, at::Device device,
                                   bool is_apart)
    : host_(make_host_buffer(type, elements, device)) {
  if (!is_apart) return;
  copy_ = at::empty({static_cast<std::int64_t>(elements)},
                    at::TensorOptions(torch_type(type)).device(device));
}

at::Tensor accelerator_copy::view(const tensor_entry& entry) {
  if (!copy_.defined())
    return at::from_blob(host_.data() + entry.offset * bytes_of(host_.type()), entry.shape,
                         torch_type(host_.type()));
  // Detached, it is a tensor of its own on the same memory. A parameter has to be a leaf.
  return copy_
      .narrow(0, static_cast<std::int64_t>(entry.offset), static_cast<std::int64_t>(entry.elements))
      .view(entry.shape)
      .detach();
}

void accelerator_copy::push() {
  if (!std::exchange(is_stale_, false) || !copy_.defined() || host_.empty()) return;
  const at::NoGradGuard not_recording;
  copy_.copy_(tensor_of(host_));
}

void accelerator_copy::pull() {
  if (!copy_.defined() || host_.empty()) return;
  const at::NoGradGuard not_recording;
  tensor_of(host_).copy_(copy_);
}

}  // namespace verge
