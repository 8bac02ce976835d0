#include "runtime/files/toml_text.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

namespace verge {

std::string toml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

bool is_utf8(std::string_view text) {
  try {
    return toml::parse("text = " + toml_quoted(text)).size() == 1;
  } catch (const toml::parse_error&) {
    return false;
  }
}

}  // namespace verge
