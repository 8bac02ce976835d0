#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "runtime/experiment/problem_list.hpp"

namespace verge {

/// Puts the values of `--set key=value` arguments into a parsed experiment file. A later value
/// replaces an earlier one. A key is a dotted path: `arm.NAME.key` is a key of the arm with that
/// name (the name may contain dots), and `arm.*.key` is a key of all arms. A value that is not TOML
/// is taken as a bare string. Where the file has one of two keys that exclude each other
/// (exclusive_keys.hpp), an override of the other key replaces it.
///
/// Unknown keys are put in as well. The reader of the table reports them.
void apply_overrides(toml::table& experiment, const std::vector<std::string>& overrides,
                     problem_list& problems);

}  // namespace verge
