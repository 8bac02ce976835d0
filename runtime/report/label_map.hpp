#pragma once

#include <optional>
#include <string>

#include "partition_table.hpp"

namespace verge::report {

/// Samples of each label on each device as a section of the page, a table whose cells are the darker the
/// more samples they stand for; empty without a table. Of very many devices the first are shown, and the
/// section says how many there are.
std::string label_map_section(const std::optional<partition_table>& table);

}  // namespace verge::report
