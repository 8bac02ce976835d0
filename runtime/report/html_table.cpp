#include "runtime/report/html_table.hpp"

#include <fmt/format.h>

#include "runtime/report/page.hpp"
#include "runtime/report/units.hpp"
#include "runtime/results/human_units.hpp"

namespace verge::report {

std::string cell(std::string_view text, std::string_view kind) {
  return kind.empty() ? fmt::format("<td>{}</td>", text)
                      : fmt::format("<td class=\"{}\">{}</td>", kind, text);
}

std::string bytes_cell(std::uint64_t bytes) {
  return fmt::format("<td title=\"{} bytes\">{}</td>", count_text(bytes), bytes_text(bytes));
}

std::string bytes_cell(std::optional<std::uint64_t> bytes) {
  return bytes ? bytes_cell(*bytes) : cell(absent, "none");
}

namespace {

/// Allows a line break after each value in a training's long name, such as
/// "fed@1,learning_rate=0.1".
std::string breakable(std::string_view name) {
  std::string text;
  for (const char c : escape_html(name)) {
    text += c;
    if (c == ',') text += "<wbr>";
  }
  return text;
}

}  // namespace

std::string row_header(std::string_view name, std::string_view remark) {
  const auto flag = remark.empty()
                        ? std::string{}
                        : fmt::format(" <span class=\"flag\">{}</span>", escape_html(remark));
  return fmt::format("<th scope=\"row\"><span>{}</span>{}</th>", breakable(name), flag);
}

std::string run_row(std::string_view label, std::string_view remark, std::size_t columns) {
  if (label.empty()) return {};
  return fmt::format(
      "<tr class=\"run\"><th scope=\"rowgroup\" colspan=\"{}\"><span>{}{}</span></th></tr>\n",
      columns, escape_html(label), remark.empty() ? "" : fmt::format(" <small>{}</small>", remark));
}

std::string column_headers(const std::vector<std::string_view>& names) {
  std::string headers;
  for (const auto name : names) headers += fmt::format("<th scope=\"col\">{}</th>", name);
  return headers;
}

std::string first_column_header(std::string_view name, int rows) {
  return fmt::format("<th scope=\"col\" rowspan=\"{}\" class=\"text first\">{}</th>", rows, name);
}

std::string boxed_table(std::string_view label, std::string_view head, std::string_view body,
                        std::string_view note, std::string_view box) {
  return fmt::format(
      "<div class=\"scroll {}\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table>\n"
      "<thead>\n{}</thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n<p class=\"note\">{}</p>\n",
      box, label, head, body, note);
}

}  // namespace verge::report
