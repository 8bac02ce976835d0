#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace verge {

/// Keys of one table of which only one can be given; either says what the other would.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> exclusive_keys{
    {{"seed", "seeds"}, {"epochs", "rounds"}, {"local_epochs", "local_steps"}}};

/// The key that excludes `key`; empty where there is none.
constexpr std::string_view excluded_by(std::string_view key) {
  for (const auto& [one, other] : exclusive_keys) {
    if (key == one) return other;
    if (key == other) return one;
  }
  return {};
}

}  // namespace verge
