#include "runtime/results/text_table.hpp"

#include <algorithm>

namespace verge {

namespace {

/// Number of characters, not bytes: "±" has two bytes. In UTF-8 the bytes that continue a
/// character begin with the bits 10.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string blanks(std::size_t wanted, const std::string& text) {
  return std::string(wanted - width_of(text), ' ');
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.at(0).size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + blanks(widths[0], row[0]);
    for (std::size_t i = 1; i < row.size(); ++i) text += "  " + blanks(widths[i], row[i]) + row[i];
    text += '\n';
  }
  return text;
}

}  // namespace verge
