#pragma once

#include <string>
#include <vector>

namespace verge {

/// Lines of aligned columns. All rows must have the same number of cells; the first row holds the
/// heads. The first column is aligned to the left, and the others, which are numbers, to the right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace verge
