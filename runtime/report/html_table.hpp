#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Pieces of the report's tables. Texts are HTML, except the names given to row_header() and
/// run_row(), which escape them.
namespace verge::report {

/// The text of a missing value.
inline constexpr std::string_view absent = "–";

/// <td>; `kind` is a class of style.css.
std::string cell(std::string_view text, std::string_view kind = "");

/// Bytes in a suitable unit. The exact count shows when the reader points at the cell.
std::string bytes_cell(std::uint64_t bytes);
std::string bytes_cell(std::optional<std::uint64_t> bytes);

/// The header of a row: the name of an arm or a run, followed by the arm's remark_on(), if any.
std::string row_header(std::string_view name, std::string_view remark = "");

/// A row above the rows of a run, with its name and a remark. Empty for the only run, which has no
/// label.
std::string run_row(std::string_view label, std::string_view remark, std::size_t columns);

/// Column headers of equal rank.
std::string column_headers(const std::vector<std::string_view>& names);

/// The first column's header, which stays visible while the table scrolls.
std::string first_column_header(std::string_view name, int rows = 1);

/// A table in a box that scrolls, also by keyboard, and below it a note that does not scroll.
/// `head` and `body` are rows; `box` adds classes of style.css to the box.
std::string boxed_table(std::string_view label, std::string_view head, std::string_view body,
                        std::string_view note, std::string_view box = "");

}  // namespace verge::report
