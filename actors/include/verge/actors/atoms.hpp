#pragma once

// One-word messages between the actors of one process, and the ids that travel with them. Messages
// within a process are plain values. Some of them share memory, so they never leave the process.

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <chrono>

#include "verge/messages/ids.hpp"

namespace verge {

using stop_atom = caf::atom_constant<caf::atom("stop")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using snapshot_atom = caf::atom_constant<caf::atom("snapshot")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using returned_atom = caf::atom_constant<caf::atom("returned")>;
using checkpoint_atom = caf::atom_constant<caf::atom("checkpoint")>;
using statistics_atom = caf::atom_constant<caf::atom("statistics")>;

using clock_type = std::chrono::steady_clock;

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::round_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::model_version)
