#pragma once

#include <string>

#include "verge/model/dataset.hpp"

namespace verge {

/// SHA-256, in 32 bytes, of all labels of `samples` in order, each as 8 little-endian bytes. Data
/// sets with the same hash are cut into the same shards.
std::string labels_hash(const dataset& samples);

}  // namespace verge
