#include "runtime/experiment/key_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "messages/spelling.hpp"
#include "runtime/experiment/exclusive_keys.hpp"
#include "runtime/files/toml_text.hpp"

namespace verge {
namespace {

constexpr std::size_t longest_file_name = 100;
constexpr std::size_t longest_shown = 60;

/// A value in a form that the user recognises in a problem text.
std::string shown(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) {
    return toml_quoted(text->size() <= longest_shown ? *text
                                                     : text->substr(0, longest_shown) + "...");
  }
  if (const auto whole = node.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto* array = node.as_array()) {
    std::string items;
    for (const toml::node& item : *array) items += (items.empty() ? "" : ", ") + shown(item);
    return items.size() <= longest_shown ? "[" + items + "]" : "[an array]";
  }
  return node.is_table() ? "{a table}" : "a date or time";
}

std::optional<double> number_in(const toml::node& node, const number_range& range) {
  if (!node.is_number()) return std::nullopt;
  const double value = *node.value<double>();
  const bool high_enough = range.least_included ? value >= range.least : value > range.least;
  const bool low_enough = range.most_included ? value <= range.most : value < range.most;
  // NaN fails both comparisons, and the limits are finite.
  if (!high_enough || !low_enough) return std::nullopt;
  return value;
}

bool is_file_name(std::string_view text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= longest_file_name && text[0] != '.' && text[0] != '-' &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::string listed(std::span<const std::string> words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
    list += toml_quoted(words[i]);
  }
  return list;
}

key_reader::key_reader(const toml::table& table, std::string path, source_place place,
                       problem_list& problems, swept_nodes swept)
    : table_(table),
      path_(std::move(path)),
      place_(place),
      problems_(problems),
      swept_(std::move(swept)) {}

const toml::node* key_reader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  if (const auto swept = swept_.find(key); swept != swept_.end()) return swept->second;
  return is_swept(excluded_by(key)) ? nullptr : table_.get(key);
}

bool key_reader::given(std::string_view key) {
  return find(key) != nullptr;
}

void key_reader::read_whole(std::string_view key, std::uint64_t& target, std::uint64_t least,
                            std::uint64_t most) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < least ||
      static_cast<std::uint64_t>(*value) > most) {
    wrong(key, fmt::format("a whole number from {} to {}", least, most));
    return;
  }
  target = static_cast<std::uint64_t>(*value);
}

void key_reader::different_wholes(std::string_view key, std::vector<std::uint64_t>& target,
                                  std::uint64_t most, std::size_t most_items) {
  const toml::node* node = find(key);
  if (!node) return;
  std::vector<std::uint64_t> values;
  const toml::array* array = node->as_array();
  for (std::size_t i = 0; array && i < array->size(); ++i) {
    const auto value = array->get(i)->value_exact<std::int64_t>();
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > most) continue;
    const auto whole = static_cast<std::uint64_t>(*value);
    if (std::find(values.begin(), values.end(), whole) == values.end()) values.push_back(whole);
  }
  if (array && !values.empty() && values.size() <= most_items && values.size() == array->size()) {
    target = std::move(values);
  } else {
    wrong(key, fmt::format("an array of one to {} different whole numbers from 0 to {}", most_items,
                           most));
  }
}

void key_reader::number(std::string_view key, double& target, const number_range& range) {
  const toml::node* node = find(key);
  if (!node) return;
  if (const auto value = number_in(*node, range)) {
    target = *value;
  } else {
    wrong(key, range.words);
  }
}

void key_reader::numbers(std::string_view key, std::vector<float>& target, std::size_t count,
                         const number_range& range) {
  const toml::node* node = find(key);
  if (!node) return;
  std::vector<float> values;
  if (const toml::array* array = node->as_array(); array && array->size() == count) {
    for (const toml::node& item : *array) {
      if (const auto value = number_in(item, range)) values.push_back(static_cast<float>(*value));
    }
  }
  if (values.size() == count) {
    target = std::move(values);
  } else {
    wrong(key, fmt::format("an array with {} (a channel each) of {}", count, range.words));
  }
}

void key_reader::flag(std::string_view key, bool& target) {
  const toml::node* node = find(key);
  if (!node) return;
  if (const auto value = node->value_exact<bool>()) {
    target = *value;
  } else {
    wrong(key, "true or false");
  }
}

bool key_reader::text(std::string_view key, std::string& target) {
  const toml::node* node = find(key);
  if (!node) return true;
  auto value = node->value_exact<std::string>();
  if (value) {
    target = std::move(*value);
  } else {
    wrong(key, "a text in quotes");
  }
  return value.has_value();
}

std::filesystem::path key_reader::resolved_path(std::string_view key, const std::string& given,
                                                const std::filesystem::path& experiment_file) {
  const auto base =
      place_of_key(key).overridden ? std::filesystem::path{} : experiment_file.parent_path();
  auto path = std::filesystem::absolute(base / given).lexically_normal();
  // Otherwise run.toml could not contain it.
  if (!is_utf8(path.string())) wrong(key, "a path in which every name is UTF-8 text");
  return path;
}

void key_reader::file_name(std::string_view key, std::string& target) {
  const toml::node* node = find(key);
  if (!node) return;
  if (auto value = node->value_exact<std::string>(); value && is_file_name(*value)) {
    target = std::move(*value);
  } else {
    wrong(key,
          fmt::format("a name of at most {} letters, digits, '.', '_' and '-' that begins with "
                      "none of '.' and '-', because files are named after it",
                      longest_file_name));
  }
}

bool key_reader::one_of(std::string_view key, std::string& target,
                        std::span<const std::string> words) {
  const toml::node* node = find(key);
  if (!node) return true;
  auto value = node->value_exact<std::string>();
  const bool is_right = value && std::find(words.begin(), words.end(), *value) != words.end();
  if (is_right) {
    target = std::move(*value);
  } else {
    wrong(key, listed(words));
  }
  return is_right;
}

key_reader key_reader::section(std::string_view key) {
  static const toml::table empty;
  const toml::node* node = find(key);
  if (node && !node->is_table()) wrong(key, fmt::format("a table: [{}] and its keys", key));
  const bool is_table = node && node->is_table();
  return key_reader(is_table ? *node->as_table() : empty, fmt::format("{}{}.", path_, key),
                    node ? place_of(*node) : source_place{}, problems_);
}

void key_reader::require(std::string_view key, std::string_view expected) {
  if (given(key)) return;
  problems_.add(place_, fmt::format("{}{} is missing: expected {}", path_, key, expected));
}

void key_reader::wrong(std::string_view key, std::string_view expected) {
  const toml::node* node = find(key);
  if (!node) return require(key, expected);
  problems_.add(place_of(*node), fmt::format("{}{} = {}{}: expected {}", path_, key, shown(*node),
                                             is_swept(key) ? ", from [sweep]" : "", expected));
}

void key_reader::refuse(std::string_view key, std::string_view expected) {
  if (is_swept(key)) {
    left_alone_.emplace_back(key);
  } else {
    wrong(key, expected);
  }
}

void key_reader::report_unknown_keys() {
  const auto report = [this](std::string_view name, std::string_view path, const toml::node& node) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) return;
    const std::string meant = near_word(name, known_);
    problems_.add(place_of(node),
                  fmt::format("{}{}: unknown key{}", path, name,
                              meant.empty() ? "" : fmt::format(", did you mean {}?", meant)));
  };
  for (const auto& [key, node] : table_) report(key, path_, node);
  for (const auto& [key, node] : swept_) report(key, "sweep.", *node);
}

}  // namespace verge
