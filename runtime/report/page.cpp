#include "runtime/report/page.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace verge::report {

std::string fill(std::string_view page_template,
                 const std::map<std::string_view, std::string>& values) {
  std::string page;
  std::size_t at = 0;
  for (;;) {
    const auto open = page_template.find("{{", at);
    page += page_template.substr(at, open - at);
    if (open == std::string_view::npos) return page;
    const auto close = page_template.find("}}", open);
    if (close == std::string_view::npos)
      throw std::logic_error("a slot of the report is not closed");
    const auto slot = page_template.substr(open + 2, close - open - 2);
    const auto value = values.find(slot);
    if (value == values.end()) {
      throw std::logic_error(fmt::format("the report has no value for its slot '{}'", slot));
    }
    page += value->second;
    at = close + 2;
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_script_data(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace verge::report
