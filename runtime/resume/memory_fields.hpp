#pragma once

#include "actors/device/device_memory.hpp"
#include "runtime/resume/state_file.hpp"

namespace verge {

/// A device's memory as part of a state file, as residual_fields.hpp has its residual.
ordered_json add_memory(state_file& file, const unsettled_state& state);
/// Throws bad_input naming `where`.
unsettled_state take_memory(state_file& file, scalar type, const ordered_json& fields,
                            const std::string& where);

}  // namespace verge
