#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "runtime/experiment/problem_list.hpp"

namespace verge {

/// Puts the values of `--set key=value` arguments into a parsed experiment file, the later ones
/// over the earlier ones. A key is a dotted path; `arm.NAME.key` is a key of the arm of that name
/// (the name may hold dots) and `arm.*.key` of all arms. A value is TOML, or else a bare string.
/// Where a file says one of two keys that exclude each other (exclusive_keys.hpp), an override of
/// the other one takes its place.
///
/// Keys that no experiment has are put in too: whoever reads the table reports them.
void apply_overrides(toml::table& experiment, const std::vector<std::string>& overrides,
                     problem_list& problems);

}  // namespace verge
