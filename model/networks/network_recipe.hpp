#pragma once

#include "verge/model/module_spec.hpp"
#include "verge/model/network.hpp"

namespace verge {

/// What a network is made of. `tensors` lists the tensors of `root` in state dict order, `layout`
/// those that are shared.
struct network::recipe {
  network_options options;
  module_spec root;
  manifest tensors;
  manifest layout;
};

/// Throws run_failure when `state` is not a model of `layout`. `what` names the intended action for
/// the message.
void require_layout(const manifest& layout, const model_state& state, const char* what);

}  // namespace verge
