#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "verge/messages/errors.hpp"

namespace verge {

using ordered_json = nlohmann::ordered_json;

/// A number as JSON, which has no NaN and no infinity: they become null.
inline ordered_json json_number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

template <class T>
ordered_json json_or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_floating_point_v<T>) return json_number(*value);
  return *value;
}

/// An array with null for each unset value; null for an empty list.
template <class T>
ordered_json json_or_null(const std::vector<std::optional<T>>& list) {
  if (list.empty()) return nullptr;
  auto json = ordered_json::array();
  for (const auto& one : list) json.push_back(json_or_null(one));
  return json;
}

/// Reads the fields of one JSON object into values and checks their types. Every function throws
/// bad_input for a missing field or a wrong type; `where` names the object in it.
class json_fields {
public:
  json_fields(const ordered_json& object, std::string where)
      : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) throw bad_input(where_ + ": expected a JSON object");
  }

  const ordered_json& at(const char* name) const {
    const auto field = object_.find(name);
    if (field == object_.end()) throw bad_input(fmt::format("{}: \"{}\" is missing", where_, name));
    return *field;
  }

  /// Tells whether there is such a field, which earlier versions may not have written.
  bool has(const char* name) const { return object_.contains(name); }

  template <class T>
  void get(const char* name, T& target) const {
    read(name, at(name), target);
  }

  /// null reads as unset.
  template <class T>
  void get(const char* name, std::optional<T>& target) const {
    const ordered_json& field = at(name);
    target.reset();
    if (field.is_null()) return;
    read(name, field, target.emplace());
  }

  /// An array.
  template <class T>
  void get(const char* name, std::vector<T>& target) const {
    const ordered_json& field = at(name);
    if (!field.is_array()) fail(name, "an array");
    target.assign(field.size(), {});
    for (std::size_t i = 0; i < field.size(); ++i) read(name, field[i], target[i]);
  }

  /// Reads what json_or_null() writes.
  template <class T>
  void get(const char* name, std::vector<std::optional<T>>& target) const {
    const ordered_json& field = at(name);
    target.clear();
    if (field.is_null()) return;
    if (!field.is_array()) fail(name, "an array or null");
    for (const auto& one : field) {
      target.emplace_back();
      if (!one.is_null()) read(name, one, target.back().emplace());
    }
  }

private:
  template <class T>
  void read(const char* name, const ordered_json& field, T& target) const {
    if constexpr (std::is_same_v<T, std::string>) {
      if (!field.is_string()) fail(name, "a text");
    } else if constexpr (std::is_same_v<T, bool>) {
      if (!field.is_boolean()) fail(name, "true or false");
    } else if constexpr (std::is_integral_v<T>) {
      if (!field.is_number_unsigned() ||
          field.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<T>::max()}) {
        fail(name, "a whole number in range");
      }
    } else if (!field.is_number()) {
      fail(name, "a number");
    }
    target = field.get<T>();
  }

  [[noreturn]] void fail(const char* name, const char* expected) const {
    throw bad_input(fmt::format("{}: \"{}\" = {}: expected {}", where_, name,
                                at(name).dump().substr(0, 60), expected));
  }

  const ordered_json& object_;
  std::string where_;
};

}  // namespace verge
