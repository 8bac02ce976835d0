#include <fmt/format.h>

#include "model/networks/networks.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

namespace {

/// Channels per group of group norm.
constexpr std::int64_t group_channels = 8;

struct stage {
  std::int64_t channels;
  std::int64_t stride;
};

constexpr stage stages[] = {{16, 1}, {32, 2}, {64, 2}, {64, 1}};

}  // namespace

module_spec strided_cnn(const network_options& options) {
  const bool normalised = options.norm != norm_kind::none;
  module_spec root;
  root.type = "StridedCnn";
  root.forward = "def forward(self, x):\n";
  std::int64_t in = options.input.channels;
  map_size map{options.input.height, options.input.width};
  int number = 0;
  for (const auto& [out, stride] : stages) {
    ++number;
    const convolution_shape shape{in, out, 3, stride, 1};
    map = shape.after(map);
    const auto name = fmt::format("conv{}", number);
    if (normalised) {
      const auto norm = fmt::format("norm{}", number);
      root.children.push_back(convolution_without_bias(name, shape, he_normal(in * 9)));
      root.children.push_back(normalisation(norm, options.norm, out, map, out / group_channels));
      root.forward +=
          fmt::format("  x = torch.relu_(self.{}.forward(self.{}.forward(x)))\n", norm, name);
    } else {
      root.children.push_back(convolution(name, shape, he_normal(in * 9), zeros));
      root.forward += fmt::format("  x = torch.relu_(self.{}.forward(x))\n", name);
    }
    in = out;
  }
  root.forward +=
      "  x = torch.flatten(torch.adaptive_avg_pool2d(x, [1, 1]), 1)\n"
      "  return self.fc.forward(x)\n";
  root.children.push_back(linear("fc", in, options.classes));
  return root;
}

}  // namespace verge::networks
