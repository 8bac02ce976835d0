#include "model/networks/networks.hpp"
#include "verge/model/layers.hpp"

namespace verge::networks {

module_spec logistic(const network_options& options) {
  module_spec root;
  root.type = "Logistic";
  root.forward =
      "def forward(self, x):\n"
      "  return self.fc.forward(torch.flatten(x, 1))\n";
  root.children.push_back(
      linear("fc", static_cast<std::int64_t>(options.input.elements()), options.classes));
  return root;
}

}  // namespace verge::networks
