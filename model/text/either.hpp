#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>
#include <string>

namespace verge {

/// "a, b or c". There is at least one word.
inline std::string either_of(std::span<const std::string> words) {
  if (words.size() == 1) return words.front();
  return fmt::format("{} or {}", fmt::join(words.first(words.size() - 1), ", "), words.back());
}

}  // namespace verge
