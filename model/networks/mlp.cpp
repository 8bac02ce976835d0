#include "model/networks/networks.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

module_spec mlp(const network_options& options) {
  constexpr std::int64_t hidden = 200;
  module_spec root;
  root.type = "Mlp";
  root.forward =
      "def forward(self, x):\n"
      "  x = torch.relu_(self.fc1.forward(torch.flatten(x, 1)))\n"
      "  x = torch.relu_(self.fc2.forward(x))\n"
      "  return self.fc3.forward(x)\n";
  root.children.push_back(
      linear("fc1", static_cast<std::int64_t>(options.input.elements()), hidden));
  root.children.push_back(linear("fc2", hidden, hidden));
  root.children.push_back(linear("fc3", hidden, options.classes));
  return root;
}

}  // namespace verge::networks
