#include <fmt/format.h>

#include "model/networks/networks.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

namespace {

/// Groups of group norm, as many as in the LeNet of Hsieh et al. 2020.
constexpr std::int64_t groups = 2;

/// A convolution, its norm layer if there is one, 2x2 max pooling, ReLU. ReLU comes after the
/// pooling: the same values and gradients from a quarter of the elements.
std::string stage(const std::string& number, bool normalised) {
  auto convolved = "self.conv" + number + ".forward(x)";
  if (normalised) convolved = "self.norm" + number + ".forward(" + convolved + ")";
  return "  x = torch.max_pool2d(" + convolved +
         ", [2, 2], [2, 2], [0, 0], [1, 1], False)\n"
         "  x = torch.relu_(x)\n";
}

}  // namespace

module_spec lenet(const network_options& options) {
  if (options.input.height < 16 || options.input.width < 16) {
    throw bad_input(fmt::format("network lenet needs pictures of at least 16x16, not {}x{}",
                                options.input.height, options.input.width));
  }
  const std::int64_t channels = options.input.channels;
  const convolution_shape first{channels, 6, 5, 1, 0}, second{6, 16, 5, 1, 0};
  const auto first_map = first.after({options.input.height, options.input.width});
  const auto second_map = second.after(pooled(first_map));
  const auto last_map = pooled(second_map);
  const std::int64_t features = 16 * last_map.height * last_map.width;
  const bool normalised = options.norm != norm_kind::none;
  module_spec root;
  root.type = "LeNet";
  root.forward = "def forward(self, x):\n" + stage("1", normalised) + stage("2", normalised) +
                 "  x = torch.relu_(self.fc1.forward(torch.flatten(x, 1)))\n"
                 "  x = torch.relu_(self.fc2.forward(x))\n"
                 "  return self.fc3.forward(x)\n";
  root.children.push_back(
      convolution("conv1", first, default_uniform(channels * 25), default_uniform(channels * 25)));
  if (normalised)
    root.children.push_back(normalisation("norm1", options.norm, 6, first_map, groups));
  root.children.push_back(
      convolution("conv2", second, default_uniform(6 * 25), default_uniform(6 * 25)));
  if (normalised)
    root.children.push_back(normalisation("norm2", options.norm, 16, second_map, groups));
  root.children.push_back(linear("fc1", features, 120));
  root.children.push_back(linear("fc2", 120, 84));
  root.children.push_back(linear("fc3", 84, options.classes));
  return root;
}

}  // namespace verge::networks
