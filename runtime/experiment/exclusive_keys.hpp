#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace verge {

/// Pairs of keys of one table that exclude each other, because both say the same thing.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> exclusive_keys{
    {{"seed", "seeds"}, {"epochs", "rounds"}, {"local_epochs", "local_steps"}}};

/// The key that excludes `key`; empty where no key does.
constexpr std::string_view excluded_by(std::string_view key) {
  for (const auto& [one, other] : exclusive_keys) {
    if (key == one) return other;
    if (key == other) return one;
  }
  return {};
}

}  // namespace verge
