#include "model/torch/gradient_carrier.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "model/torch/pinned_buffer.hpp"
#include "model/torch/torch_device.hpp"

namespace verge {

gradient_carrier::gradient_carrier(scalar type, std::size_t elements, at::Device device,
                                   bool is_apart) {
  if (!is_apart) return;
  there_ = at::empty({static_cast<std::int64_t>(elements)},
                     at::TensorOptions(torch_type(type)).device(device));
  here_ = make_host_buffer(type, elements, device);
}

void gradient_carrier::carry(const std::vector<const tensor_entry*>& entries,
                             const std::vector<at::Tensor>& gradients,
                             const gradient_visitor& visit) {
  if (!there_.defined()) {
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const at::Tensor dense = gradients[i].contiguous();
      visit(*entries[i], static_cast<const std::byte*>(dense.data_ptr()));
    }
    return;
  }
  const at::NoGradGuard not_recording;
  std::vector<at::Tensor> flat;
  flat.reserve(gradients.size());
  for (const at::Tensor& gradient : gradients) flat.push_back(gradient.reshape({-1}));
  at::cat_out(there_, flat);
  tensor_of(here_).copy_(there_);
  for (const tensor_entry* entry : entries)
    visit(*entry, here_.data() + entry->offset * bytes_of(here_.type()));
}

}  // namespace verge
