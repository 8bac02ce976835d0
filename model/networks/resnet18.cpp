#include <cmath>

#include "model/networks/networks.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

namespace {

/// Number of residual blocks in all four layers together.
constexpr int block_count = 8;

/// Initial weights of a convolution. A norm layer cancels the scale of its input, so in front of
/// one torchvision's fan-out form works. Without norm layers the signal has to keep its size on its
/// way forward, which the fan-in form does.
initial_values he_initial(norm_kind norm, std::int64_t in, std::int64_t out, std::int64_t kernel) {
  return he_normal((norm == norm_kind::none ? in : out) * kernel * kernel);
}

/// He et al. 2016, figure 2: two 3x3 convolutions beside a shortcut. The shortcut is a 1x1
/// convolution where the shape changes.
///
/// Without norm layers the signal would grow from block to block, so the branches start as in Zhang
/// et al. 2019 ("Fixup initialization", section 3): the first convolution is scaled by
/// block_count^(-1/2), the last one is zero, and every block starts as its shortcut.
///
/// `map` is the size of the input's maps and becomes the size of the output's.
module_spec basic_block(norm_kind norm, std::int64_t in, std::int64_t out, std::int64_t stride,
                        map_size& map) {
  const bool normalised = norm != norm_kind::none;
  const bool reshaped = stride != 1 || in != out;
  auto first = he_initial(norm, in, out, 3);
  auto second = he_initial(norm, out, out, 3);
  if (!normalised) {
    first.scale /= std::sqrt(static_cast<double>(block_count));
    second = zeros;
  }

  const convolution_shape reshaping{in, out, 3, stride, 1};
  map = reshaping.after(map);
  module_spec block;
  block.type = "BasicBlock";
  block.children.push_back(convolution_without_bias("conv1", reshaping, first));
  if (normalised) block.children.push_back(normalisation("bn1", norm, out, map));
  block.children.push_back(convolution_without_bias("conv2", {out, out, 3, 1, 1}, second));
  if (normalised) block.children.push_back(normalisation("bn2", norm, out, map));
  if (reshaped) {
    std::vector<module_spec> shortcut;
    shortcut.push_back(
        convolution_without_bias("", {in, out, 1, stride, 0}, he_initial(norm, in, out, 1)));
    if (normalised) shortcut.push_back(normalisation("", norm, out, map));
    block.children.push_back(sequence("downsample", std::move(shortcut)));
  }

  block.forward = "def forward(self, x):\n";
  block.forward += normalised ? "  y = torch.relu_(self.bn1.forward(self.conv1.forward(x)))\n"
                                "  y = self.bn2.forward(self.conv2.forward(y))\n"
                              : "  y = torch.relu_(self.conv1.forward(x))\n"
                                "  y = self.conv2.forward(y)\n";
  block.forward += reshaped ? "  y = y.add_(self.downsample.forward(x))\n" : "  y = y.add_(x)\n";
  block.forward += "  return torch.relu_(y)\n";
  return block;
}

module_spec two_blocks(std::string name, norm_kind norm, std::int64_t in, std::int64_t out,
                       std::int64_t stride, map_size& map) {
  std::vector<module_spec> blocks;
  blocks.push_back(basic_block(norm, in, out, stride, map));
  blocks.push_back(basic_block(norm, out, out, 1, map));
  return sequence(std::move(name), std::move(blocks));
}

}  // namespace

module_spec resnet18(const network_options& options) {
  const norm_kind norm = options.norm;
  const bool normalised = norm != norm_kind::none;
  module_spec root;
  root.type = "ResNet18";
  root.forward = "def forward(self, x):\n";
  root.forward += normalised ? "  x = torch.relu_(self.bn1.forward(self.conv1.forward(x)))\n"
                             : "  x = torch.relu_(self.conv1.forward(x))\n";
  root.forward +=
      "  x = self.layer1.forward(x)\n"
      "  x = self.layer2.forward(x)\n"
      "  x = self.layer3.forward(x)\n"
      "  x = self.layer4.forward(x)\n"
      "  x = torch.flatten(torch.adaptive_avg_pool2d(x, [1, 1]), 1)\n"
      "  return self.fc.forward(x)\n";
  const std::int64_t channels = options.input.channels;
  root.children.push_back(convolution_without_bias("conv1", {channels, 64, 3, 1, 1},
                                                   he_initial(norm, channels, 64, 3)));
  map_size map{options.input.height, options.input.width};  // the stem keeps the size
  if (normalised) root.children.push_back(normalisation("bn1", norm, 64, map));
  root.children.push_back(two_blocks("layer1", norm, 64, 64, 1, map));
  root.children.push_back(two_blocks("layer2", norm, 64, 128, 2, map));
  root.children.push_back(two_blocks("layer3", norm, 128, 256, 2, map));
  root.children.push_back(two_blocks("layer4", norm, 256, 512, 2, map));
  root.children.push_back(linear("fc", 512, options.classes));
  return root;
}

}  // namespace verge::networks
