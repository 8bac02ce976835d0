#pragma once

#include <string>
#include <vector>

namespace verge {

/// [sweep]: a key of arms and the values of it that are tried.
struct swept_key {
  std::string key;
  /// As TOML writes them: `0.1`, `"topk(0.01)"`.
  std::vector<std::string> values;

  friend bool operator==(const swept_key&, const swept_key&) = default;
};

/// The value that one training has of a swept key, as TOML writes it; JSON writes it the same way.
struct tried_value {
  std::string key;
  std::string value;

  friend bool operator==(const tried_value&, const tried_value&) = default;
};

using tried_values = std::vector<tried_value>;

}  // namespace verge
