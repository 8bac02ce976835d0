#pragma once

#include <cstdint>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/module_spec.hpp"

namespace verge {

/// Fills elements [entry.offset, entry.offset + entry.elements) of `buffer` with the first values
/// of entry number `entry_number` of a manifest. Every value is computed in double and then
/// rounded, so a float32 model starts at the rounded values of the float64 model.
void fill_initial(flat_buffer& buffer, const tensor_entry& entry, const initial_values& values,
                  std::uint64_t seed, std::uint32_t entry_number);

}  // namespace verge
