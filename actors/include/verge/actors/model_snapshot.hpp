#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include "verge/messages/ids.hpp"
#include "verge/model/model_state.hpp"

namespace verge {

/// One committed version of the model. Copies share its memory.
struct model_snapshot {
  model_version version;
  model_state state;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::model_snapshot)
