#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/experiment/key_reader.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Maximum number of values of one key, and of combinations of the values of all keys.
inline constexpr std::size_t most_tries = 100;

/// One combination of values: one value for each swept key.
struct swept_choice {
  tried_values tried;
  swept_nodes nodes;
};

/// [sweep] of an experiment file.
struct sweep_section {
  std::vector<swept_key> keys;
  /// All combinations, where the last key's values change fastest. Without a sweep, one combination
  /// without values. The nodes point into the table that was read.
  std::vector<swept_choice> choices{1};
};

/// Reads [sweep] of `file`. Whether arms have these keys and take these values is checked later, by
/// the readers of the arms.
sweep_section read_sweep(key_reader& root, const toml::table& file);

}  // namespace verge
