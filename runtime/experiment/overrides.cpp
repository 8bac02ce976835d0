#include "runtime/experiment/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "runtime/experiment/exclusive_keys.hpp"
#include "runtime/experiment/key_reader.hpp"
#include "runtime/files/toml_text.hpp"

namespace verge {
namespace {

constexpr source_place in_override{true, 0};

/// Parses `value` as the right side of a TOML line: a table with the one key "value".
std::optional<toml::table> parsed(std::string_view value) {
  try {
    toml::table line = toml::parse(fmt::format("value = {}", value), override_source);
    // With more than one key, the text contained a line break and further lines.
    if (line.size() == 1) return line;
  } catch (const toml::parse_error&) {
  }
  return std::nullopt;
}

/// Sets `table.key` to `value`, which must be UTF-8. Removes a key of the file that excludes it.
void set(toml::table& table, std::string_view key, std::string_view value) {
  const std::string_view other = excluded_by(key);
  const toml::node* replaced = other.empty() ? nullptr : table.get(other);
  if (replaced && !place_of(*replaced).overridden) table.erase(other);
  auto line = parsed(value);
  if (!line) line = parsed(toml_quoted(value));
  // Moved, because a copied node loses its source, which marks it as an override.
  table.insert_or_assign(key, std::move(*line->get("value")));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split_at_dots(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Sets `key` in the arms called `name`. Returns the problem, or an empty text.
std::string override_arms(toml::table& experiment, std::string_view name, std::string_view key,
                          std::string_view value) {
  std::vector<std::string> names;
  bool found = false;
  if (toml::array* arms = experiment["arm"].as_array()) {
    for (toml::node& node : *arms) {
      toml::table* arm = node.as_table();
      if (!arm) continue;
      const std::string arm_name = (*arm)["name"].value_or(std::string{});
      if (!arm_name.empty()) names.push_back(arm_name);
      if (name != "*" && name != arm_name) continue;
      set(*arm, key, value);
      found = true;
    }
  }
  if (found) return {};
  if (names.empty()) return "the file has no arms";
  return fmt::format("no arm is called {}: expected {}, or * for all", toml_quoted(name),
                     listed(names));
}

/// Sets a key outside the arms. Returns the problem, or an empty text.
std::string override_path(toml::table& experiment, std::string_view path, std::string_view value) {
  const std::vector<std::string> parts = split_at_dots(path);
  if (std::find(parts.begin(), parts.end(), "") != parts.end()) {
    return "expected a key path such as devices.count";
  }
  toml::table* table = &experiment;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!table->contains(parts[i])) table->insert(parts[i], toml::table{});
    table = table->get(parts[i])->as_table();
    if (!table) return fmt::format("{} is not a table", parts[i]);
  }
  set(*table, parts.back(), value);
  return {};
}

std::string apply(toml::table& experiment, std::string_view path, std::string_view value) {
  if (!is_utf8(value)) return "the value is not UTF-8 text";
  if (!is_utf8(path)) return "the key is not UTF-8 text";
  constexpr std::string_view arm_prefix = "arm.";
  if (!path.starts_with(arm_prefix)) return override_path(experiment, path, value);
  const std::size_t dot = path.rfind('.');
  if (dot < arm_prefix.size() + 1 || dot + 1 == path.size()) {
    return "expected arm.NAME.key, or arm.*.key for all arms";
  }
  return override_arms(experiment, path.substr(arm_prefix.size(), dot - arm_prefix.size()),
                       path.substr(dot + 1), value);
}

}  // namespace

void apply_overrides(toml::table& experiment, const std::vector<std::string>& overrides,
                     problem_list& problems) {
  for (const std::string& text : overrides) {
    const std::size_t equals = text.find('=');
    const std::string_view path = trimmed(std::string_view{text}.substr(0, equals));
    if (equals == std::string::npos || path.empty()) {
      problems.add(in_override, fmt::format("{}: expected key=value", toml_quoted(text)));
      continue;
    }
    const std::string_view value = trimmed(std::string_view{text}.substr(equals + 1));
    const std::string problem = apply(experiment, path, value);
    if (!problem.empty()) problems.add(in_override, fmt::format("{}: {}", path, problem));
  }
}

}  // namespace verge
