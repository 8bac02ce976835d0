#pragma once

#include "model/codecs/residual.hpp"
#include "runtime/resume/state_file.hpp"

namespace verge {

/// A residual as part of a state file: its runs are added to `file` or taken from it, in the same order; what is
/// left of it is the object that is returned or given.
ordered_json add_residual(state_file& file, const residual_state& state);
/// Throws bad_input naming `where`.
residual_state take_residual(state_file& file, const ordered_json& fields,
                             const std::string& where);

}  // namespace verge
