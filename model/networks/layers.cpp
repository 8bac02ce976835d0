#include "verge/model/layers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace verge::networks {

namespace {

module_spec bare_convolution(std::string name, const convolution_shape& s, initial_values weight,
                             const char* bias) {
  module_spec result;
  result.name = std::move(name);
  result.type = "Conv2d";
  result.forward = fmt::format(
      "def forward(self, x):\n"
      "  return torch.conv2d(x, self.weight, {}, [{}, {}], [{}, {}], [1, 1], 1)\n",
      bias, s.stride, s.stride, s.padding, s.padding);
  result.tensors.push_back(
      {"weight", {s.out, s.in, s.kernel, s.kernel}, tensor_role::parameter, weight});
  return result;
}

}  // namespace

map_size convolution_shape::after(const map_size& map) const {
  const auto moved = [&](std::int64_t size) { return (size + 2 * padding - kernel) / stride + 1; };
  return {moved(map.height), moved(map.width)};
}

map_size pooled(const map_size& in) {
  return {in.height / 2, in.width / 2};
}

initial_values default_uniform(std::int64_t fan_in) {
  return {initial_values::distribution::uniform, 1.0 / std::sqrt(static_cast<double>(fan_in))};
}

initial_values glorot_uniform(std::int64_t fan_in, std::int64_t fan_out) {
  return {initial_values::distribution::uniform,
          std::sqrt(6.0 / static_cast<double>(fan_in + fan_out))};
}

initial_values he_normal(std::int64_t fan) {
  return {initial_values::distribution::normal, std::sqrt(2.0 / static_cast<double>(fan))};
}

module_spec convolution(std::string name, const convolution_shape& shape, initial_values weight,
                        initial_values bias) {
  auto result = bare_convolution(std::move(name), shape, weight, "self.bias");
  result.tensors.push_back({"bias", {shape.out}, tensor_role::parameter, bias});
  return result;
}

module_spec convolution_without_bias(std::string name, const convolution_shape& shape,
                                     initial_values weight) {
  return bare_convolution(std::move(name), shape, weight, "None");
}

module_spec linear(std::string name, std::int64_t in, std::int64_t out, initial_values weight,
                   initial_values bias) {
  module_spec result;
  result.name = std::move(name);
  result.type = "Linear";
  result.forward =
      "def forward(self, x):\n"
      "  return torch.linear(x, self.weight, self.bias)\n";
  result.tensors.push_back({"weight", {out, in}, tensor_role::parameter, weight});
  result.tensors.push_back({"bias", {out}, tensor_role::parameter, bias});
  return result;
}

module_spec linear(std::string name, std::int64_t in, std::int64_t out) {
  return linear(std::move(name), in, out, default_uniform(in), default_uniform(in));
}

module_spec dropout(std::string name, double probability, std::vector<std::int64_t> sample_shape) {
  module_spec result;
  result.name = std::move(name);
  result.type = "Dropout";
  // The attribute is a list, because a plain tensor would be a buffer and appear in the state dict.
  result.forward = fmt::format(
      "def forward(self, x):\n"
      "  if self.training and len(self.masks) > 0:\n"
      "    return x * self.masks[0]\n"
      "  else:\n"
      "    return torch.dropout(x, {}, self.training)\n",
      probability);
  result.dropout = dropout_spec{probability, std::move(sample_shape)};
  return result;
}

std::int64_t group_count(std::int64_t channels) {
  std::int64_t groups = 32;
  while (channels % groups != 0) --groups;
  return groups;
}

module_spec normalisation(std::string name, norm_kind kind, std::int64_t channels, map_size map,
                          std::int64_t groups) {
  module_spec result;
  result.name = std::move(name);
  result.tensors.push_back({"weight", {channels}, tensor_role::parameter, ones});
  result.tensors.push_back({"bias", {channels}, tensor_role::parameter, zeros});
  if (kind == norm_kind::batch) {
    result.type = "BatchNorm2d";
    result.forward = fmt::format(
        "def forward(self, x):\n"
        "  return torch.batch_norm(x, self.weight, self.bias, self.running_mean,\n"
        "      self.running_var, self.training, {}, 1e-05, False)\n",
        batch_norm_momentum);
    result.tensors.push_back({"running_mean", {channels}, tensor_role::running_mean, zeros});
    result.tensors.push_back({"running_var", {channels}, tensor_role::running_variance, ones});
    result.tensors.push_back({"num_batches_tracked", {}, tensor_role::batch_counter, zeros});
    result.batch_norm = map;
  } else {
    result.type = "GroupNorm";
    result.forward = fmt::format(
        "def forward(self, x):\n"
        "  return torch.group_norm(x, {}, self.weight, self.bias, 1e-05, False)\n",
        groups);
  }
  return result;
}

module_spec normalisation(std::string name, norm_kind kind, std::int64_t channels, map_size map) {
  return normalisation(std::move(name), kind, channels, map, group_count(channels));
}

module_spec sequence(std::string name, std::vector<module_spec> children) {
  module_spec result;
  result.name = std::move(name);
  result.type = "Sequential";
  result.forward = "def forward(self, x):\n";
  for (std::size_t i = 0; i < children.size(); ++i) {
    children[i].name = std::to_string(i);
    // A name that starts with a digit is not a TorchScript identifier.
    result.forward += fmt::format("  x = getattr(self, \"{}\").forward(x)\n", i);
  }
  result.forward += "  return x\n";
  result.children = std::move(children);
  return result;
}

}  // namespace verge::networks
