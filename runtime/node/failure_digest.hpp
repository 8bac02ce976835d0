#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace verge {

/// Untrusted hosts can cause failures at will, and must not be able to fill a log. This decides
/// which failures the log tells. A failure is known by its address and reason. It is told when it
/// is new, then at most once in ten minutes, with its count. Of more than 256 different failures in
/// that time, the further ones are not told. Not thread-safe.
class failure_digest {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::minutes pause{10};
  static constexpr std::size_t most_kinds = 256;

  /// Counts a failure. Returns how often it has happened since it was last told, if it is to be
  /// told now; else 0.
  std::uint64_t note(const std::string& address, const std::string& reason, time_point now);

private:
  struct kind {
    time_point told;
    std::uint64_t since = 0;
  };

  std::map<std::pair<std::string, std::string>, kind> kinds_;
};

}  // namespace verge
