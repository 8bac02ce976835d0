#pragma once

#include <cstdint>
#include <string>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// One version of a model: everything that training changes. A manifest gives its layout.
struct model_state {
  flat_buffer parameters;
  /// Running means and variances.
  flat_buffer statistics;
  /// The value of every batch counter: local steps since the start.
  std::int64_t batches_tracked = 0;
};

/// SHA-256 over all entries of `layout` in their order as little-endian bytes, in lower-case hex:
/// the `model_sha256` of a run's summary.
std::string model_sha256(const manifest& layout, const model_state& state);

}  // namespace verge
