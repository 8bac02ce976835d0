#pragma once

#include <string>

#include "verge/model/dataset.hpp"

namespace verge {

/// SHA-256 of all labels of `samples` in order, 8 bytes little-endian each: 32 bytes. Two data sets in which it is the
/// same are cut into the same shards.
std::string labels_hash(const dataset& samples);

}  // namespace verge
