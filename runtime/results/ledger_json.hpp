#pragma once

#include <string>

#include "runtime/files/json_fields.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// A line of the ledger as JSON. `where` names the line in the bad_input that reading throws.
ordered_json to_json(const ledger_line& line);
ledger_line ledger_line_from_json(const ordered_json& json, const std::string& where);

}  // namespace verge
