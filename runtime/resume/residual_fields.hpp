#pragma once

#include "model/codecs/residual.hpp"
#include "runtime/resume/state_file.hpp"

namespace verge {

/// Adds a residual to a state file: its large parts become runs of bytes of `file`, and the rest is
/// the returned object.
ordered_json add_residual(state_file& file, const residual_state& state);
/// Takes a residual out again. Its runs come out in the order in which they were added, and
/// `fields` is the object that add_residual() returned. Throws bad_input naming `where`.
residual_state take_residual(state_file& file, const ordered_json& fields,
                             const std::string& where);

}  // namespace verge
