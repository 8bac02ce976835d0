#include <fmt/format.h>

#include "model/networks/networks.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

module_spec cnn(const network_options& options) {
  // 'Same' convolutions keep the size. Each pooling halves it, rounding down.
  const std::int64_t height = options.input.height / 4;
  const std::int64_t width = options.input.width / 4;
  if (height == 0 || width == 0) {
    throw bad_input(fmt::format("network cnn needs pictures of at least 4x4, not {}x{}",
                                options.input.height, options.input.width));
  }
  const std::int64_t channels = options.input.channels;
  module_spec root;
  root.type = "Cnn";
  // ReLU comes after the pooling: the same values and gradients from a quarter of the elements.
  root.forward =
      "def forward(self, x):\n"
      "  x = torch.max_pool2d(self.conv1.forward(x), [2, 2], [2, 2], [0, 0], [1, 1], False)\n"
      "  x = torch.relu_(x)\n"
      "  x = torch.max_pool2d(self.conv2.forward(x), [2, 2], [2, 2], [0, 0], [1, 1], False)\n"
      "  x = torch.relu_(x)\n"
      "  x = torch.relu_(self.fc1.forward(torch.flatten(x, 1)))\n"
      "  return self.fc2.forward(x)\n";
  root.children.push_back(convolution("conv1", {channels, 32, 5, 1, 2},
                                      default_uniform(channels * 25),
                                      default_uniform(channels * 25)));
  root.children.push_back(
      convolution("conv2", {32, 64, 5, 1, 2}, default_uniform(32 * 25), default_uniform(32 * 25)));
  root.children.push_back(linear("fc1", 64 * height * width, 512));
  root.children.push_back(linear("fc2", 512, options.classes));
  return root;
}

}  // namespace verge::networks
