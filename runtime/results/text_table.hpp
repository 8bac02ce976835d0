#pragma once

#include <string>
#include <vector>

namespace verge {

/// Rows of equally many cells, the first one the heads, as lines of aligned columns: the first column to the left, the
/// others, which are numbers, to the right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace verge
