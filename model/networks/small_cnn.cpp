#include <fmt/format.h>

#include "model/networks/networks.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

module_spec small_cnn(const network_options& options) {
  if (options.input.height < 6 || options.input.width < 6) {
    throw bad_input(fmt::format("network small_cnn needs pictures of at least 6x6, not {}x{}",
                                options.input.height, options.input.width));
  }
  // Two convolutions without padding take off two rows each. The pooling halves, rounding down.
  const std::int64_t height = (options.input.height - 4) / 2;
  const std::int64_t width = (options.input.width - 4) / 2;
  const std::int64_t channels = options.input.channels;
  const std::int64_t features = 64 * height * width;
  constexpr std::int64_t hidden = 128;
  module_spec root;
  root.type = "SmallCnn";
  // The second ReLU comes after the pooling: the same values and gradients from a quarter of the
  // elements.
  root.forward =
      "def forward(self, x):\n"
      "  x = torch.relu_(self.conv1.forward(x))\n"
      "  x = torch.max_pool2d(self.conv2.forward(x), [2, 2], [2, 2], [0, 0], [1, 1], False)\n"
      "  x = self.dropout1.forward(torch.relu_(x))\n"
      "  x = torch.relu_(self.fc1.forward(torch.flatten(x, 1)))\n"
      "  return self.fc2.forward(self.dropout2.forward(x))\n";
  root.children.push_back(
      convolution("conv1", {channels, 32, 3, 1, 0}, glorot_uniform(channels * 9, 32 * 9), zeros));
  root.children.push_back(
      convolution("conv2", {32, 64, 3, 1, 0}, glorot_uniform(32 * 9, 64 * 9), zeros));
  root.children.push_back(dropout("dropout1", 0.25, {64, height, width}));
  root.children.push_back(linear("fc1", features, hidden, glorot_uniform(features, hidden), zeros));
  root.children.push_back(dropout("dropout2", 0.5, {hidden}));
  root.children.push_back(
      linear("fc2", hidden, options.classes, glorot_uniform(hidden, options.classes), zeros));
  return root;
}

}  // namespace verge::networks
