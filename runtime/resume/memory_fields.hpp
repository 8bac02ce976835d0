#pragma once

#include "actors/device/device_memory.hpp"
#include "runtime/resume/state_file.hpp"

namespace verge {

/// Adds a device's memory to a state file, in the same way as residual_fields.hpp adds a residual.
ordered_json add_memory(state_file& file, const unsettled_state& state);
/// Takes the memory out again. Throws bad_input naming `where`.
unsettled_state take_memory(state_file& file, scalar type, const ordered_json& fields,
                            const std::string& where);

}  // namespace verge
