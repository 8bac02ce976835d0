#include "runtime/experiment/sweep_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/files/toml_text.hpp"

namespace verge {
namespace {

std::optional<std::string> value_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return toml_quoted(*text);
  if (const auto whole = node.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  return std::nullopt;
}

/// The values of an array. Empty where they are not all different, or where the node is not an
/// array of at most `most_tries` values.
std::vector<std::string> values_of(const toml::node& node) {
  std::vector<std::string> values;
  const toml::array* array = node.as_array();
  if (!array || array->size() > most_tries) return {};
  for (const toml::node& item : *array) {
    auto value = value_text(item);
    if (!value || std::find(values.begin(), values.end(), *value) != values.end()) return {};
    values.push_back(std::move(*value));
  }
  return values;
}

/// Combines every choice so far with every value of one more key.
std::vector<swept_choice> with(const std::vector<swept_choice>& so_far, const swept_key& key,
                               const toml::array& nodes) {
  std::vector<swept_choice> all;
  for (const auto& choice : so_far) {
    for (std::size_t i = 0; i < key.values.size(); ++i) {
      auto& longer = all.emplace_back(choice);
      longer.tried.push_back({key.key, key.values[i]});
      longer.nodes.emplace(key.key, nodes.get(i));
    }
  }
  return all;
}

}  // namespace

sweep_section read_sweep(key_reader& root, const toml::table& file) {
  sweep_section sweep;
  if (!root.given("sweep")) return sweep;
  auto keys = root.section("sweep");
  const toml::table* table = file["sweep"].as_table();
  if (!table) return sweep;
  if (table->empty()) root.wrong("sweep", "keys of arms, each with an array of its values");
  for (const auto& [name, node] : *table) {
    const std::string_view key = name;
    keys.given(key);
    swept_key swept{std::string{key}, values_of(node)};
    if (key == "name" || key == "strategy") {
      keys.wrong(key,
                 "keys that can be tried out; another " + std::string{key} + " is another arm");
    } else if (swept.values.empty()) {
      keys.wrong(key, fmt::format("an array of one to {} different values", most_tries));
    } else if (sweep.choices.size() * swept.values.size() > most_tries) {
      keys.wrong(key, fmt::format("at most {} choices of the values of all keys together, these "
                                  "are {}",
                                  most_tries, sweep.choices.size() * swept.values.size()));
    } else {
      sweep.choices = with(sweep.choices, swept, *node.as_array());
      sweep.keys.push_back(std::move(swept));
    }
  }
  return sweep;
}

}  // namespace verge
