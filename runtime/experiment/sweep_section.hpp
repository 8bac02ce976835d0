#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/experiment/key_reader.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Most values of a key, and most choices of values of all keys together.
inline constexpr std::size_t most_tries = 100;

/// One choice of a value of each swept key.
struct swept_choice {
  tried_values tried;
  swept_nodes nodes;
};

/// [sweep] of an experiment file.
struct sweep_section {
  std::vector<swept_key> keys;
  /// All of them, the last key's values going round fastest. One without values where nothing is swept. They point
  /// into the file that was read.
  std::vector<swept_choice> choices{1};
};

/// Reads [sweep] of `file`. Whether arms have such keys and take such values, those who read the arms say.
sweep_section read_sweep(key_reader& root, const toml::table& file);

}  // namespace verge
