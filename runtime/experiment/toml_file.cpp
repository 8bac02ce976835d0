#include "runtime/experiment/toml_file.hpp"

#include <fmt/format.h>

#include "verge/messages/errors.hpp"

namespace verge {

toml::table parse_toml(const std::string& text, const std::filesystem::path& file) {
  try {
    return toml::parse(text, file.string());
  } catch (const toml::parse_error& e) {
    throw bad_input(
        fmt::format("{}:{}: {}", file.string(), e.source().begin.line, e.description()));
  }
}

}  // namespace verge
