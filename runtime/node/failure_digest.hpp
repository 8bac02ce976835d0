#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace verge {

/// Which of the failures that strangers can bring about a log tells: each that an address has for a reason when it is
/// new, then at most once in ten minutes, with how often there were; of more than 256 different ones in that time
/// none. So no stranger can fill a log.
class failure_digest {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::minutes pause{10};
  static constexpr std::size_t most_kinds = 256;

  /// It has happened once more. Returns how often it has since it was last told, if it is to be told now, else 0.
  std::uint64_t note(const std::string& address, const std::string& reason, time_point now);

private:
  struct kind {
    time_point told;
    std::uint64_t since = 0;
  };

  std::map<std::pair<std::string, std::string>, kind> kinds_;
};

}  // namespace verge
